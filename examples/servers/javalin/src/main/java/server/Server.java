package server;

import io.javalin.Javalin;
import io.javalin.http.Handler;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import io.javalin.http.HttpStatus;
import io.javalin.plugin.bundled.CorsPlugin;
import java.util.List;
import java.util.Map;

/**
 * The CORS plugin of Javalin, set up as its documentation says: https://javalin.io/plugins/cors. It
 * allows the methods and headers that a preflight names, and has no option for them.
 */
public final class Server {
    private static Handler answer(String... fields) {
        return context -> {
            for (int i = 0; i < fields.length; i += 2) {
                context.res().addHeader(fields[i], fields[i + 1]);
            }
            context.json(Map.of("items", List.of()));
        };
    }

    public static void main(String[] arguments) {
        Javalin.create(config -> {
            config.startup.showJavalinBanner = false;
            config.registerPlugin(new CorsPlugin(cors -> cors.addRule(rule -> {
                rule.allowHost("https://app.example", "https://admin.example:8443");
                rule.allowCredentials = true;
                rule.exposeHeader("ETag");
                rule.exposeHeader("X-Request-Id");
                rule.maxAge = 600;
            })));
            for (HandlerType method : List.of(HandlerType.GET, HandlerType.HEAD)) {
                config.routes.addHttpHandler(method, "/items", answer("X-Request-Id", "1"));
                config.routes.addHttpHandler(method, "/items/data.json", answer("Cache-Control", "public, max-age=600"));
                config.routes.addHttpHandler(method, "/items/vary/encoding.json",
                    answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"));
                config.routes.addHttpHandler(method, "/items/redirect",
                    context -> context.redirect("/items", HttpStatus.FOUND));
                config.routes.addHttpHandler(method, "/items/err/{status}", context -> {
                    int status = Integer.parseInt(context.pathParam("status"));
                    if (status == 500) {
                        throw new IllegalStateException("an unhandled failure");
                    }
                    throw new HttpResponseException(status);
                });
            }
            config.routes.put("/items", answer("X-Request-Id", "1"));
        }).start("127.0.0.1", Integer.parseInt(arguments[0]));
    }
}
