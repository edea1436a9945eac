package server;

import java.util.Map;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.config.annotation.CorsRegistry;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/** Global CORS configuration of Spring MVC, set up as its documentation says. */
@SpringBootApplication
public class Server {
    public static void main(String[] arguments) {
        SpringApplication.run(Server.class, arguments);
    }

    @Configuration
    static class Web implements WebMvcConfigurer {
        @Override
        public void addCorsMappings(CorsRegistry registry) {
            registry.addMapping("/**")
                .allowedOrigins("https://app.example", "https://admin.example:8443")
                .allowedMethods("GET", "HEAD", "PUT")
                .allowedHeaders("Content-Type", "Authorization")
                .exposedHeaders("ETag", "X-Request-Id")
                .allowCredentials(true)
                .maxAge(600);
        }
    }

    @RestController
    static class Items {
        private static final Map<String, String[]> DATA = Map.of("items", new String[0]);

        @GetMapping("/items")
        ResponseEntity<?> get() {
            return ResponseEntity.ok().header("X-Request-Id", "1").body(DATA);
        }

        @PutMapping("/items")
        ResponseEntity<?> put() {
            return get();
        }

        @GetMapping("/items/data.json")
        ResponseEntity<?> data() {
            return ResponseEntity.ok().header("Cache-Control", "public, max-age=600").body(DATA);
        }

        @GetMapping("/items/vary/encoding.json")
        ResponseEntity<?> encoded() {
            return ResponseEntity.ok().header("Cache-Control", "public, max-age=600").varyBy("Accept-Encoding").body(DATA);
        }

        @GetMapping("/items/redirect")
        ResponseEntity<?> redirect() {
            return ResponseEntity.status(HttpStatus.FOUND).header("Location", "/items").build();
        }

        @GetMapping("/items/err/{status}")
        ResponseEntity<?> error(@PathVariable int status) {
            if (status == 500) {
                throw new IllegalStateException("an unhandled failure");
            }
            throw new ResponseStatusException(HttpStatusCode.valueOf(status));
        }
    }
}
