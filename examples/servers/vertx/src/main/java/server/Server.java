package server;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.List;
import java.util.Set;

/**
 * The CorsHandler of Vert.x-Web, set up as its documentation says:
 * https://vertx.io/docs/vertx-web/java/#_cors_handling
 */
public final class Server {
    private static Handler<RoutingContext> answer(String... fields) {
        return context -> {
            var response = context.response().putHeader("Content-Type", "application/json");
            for (int i = 0; i < fields.length; i += 2) {
                response.headers().add(fields[i], fields[i + 1]);
            }
            response.end("{\"items\":[]}");
        };
    }

    private static Route read(Router router, String path) {
        return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD);
    }

    public static void main(String[] arguments) {
        Vertx vertx = Vertx.vertx();
        Router router = Router.router(vertx);
        router.route().handler(CorsHandler.create()
            .addOrigins(List.of("https://app.example", "https://admin.example:8443"))
            .allowedMethods(Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.PUT))
            .allowedHeaders(Set.of("Content-Type", "Authorization"))
            .exposedHeaders(Set.of("ETag", "X-Request-Id"))
            .allowCredentials(true)
            .maxAgeSeconds(600));
        read(router, "/items").method(HttpMethod.PUT).handler(answer("X-Request-Id", "1"));
        read(router, "/items/data.json").handler(answer("Cache-Control", "public, max-age=600"));
        read(router, "/items/vary/encoding.json")
            .handler(answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"));
        read(router, "/items/redirect").handler(context -> context.redirect("/items"));
        read(router, "/items/err/500").handler(context -> {
            throw new IllegalStateException("an unhandled failure");
        });
        read(router, "/items/err/:status")
            .handler(context -> context.fail(Integer.parseInt(context.pathParam("status"))));
        vertx.createHttpServer(new HttpServerOptions().setHost("127.0.0.1"))
            .requestHandler(router)
            .listen(Integer.parseInt(arguments[0]))
            .onFailure(failure -> {
                System.err.println(failure);
                System.exit(1);
            });
    }
}
