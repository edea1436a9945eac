package server;

import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.file.Files;
import org.apache.catalina.Context;
import org.apache.catalina.filters.CorsFilter;
import org.apache.catalina.startup.Tomcat;
import org.apache.tomcat.util.descriptor.web.FilterDef;
import org.apache.tomcat.util.descriptor.web.FilterMap;

/**
 * The CORS filter of Tomcat, set up as its documentation says:
 * https://tomcat.apache.org/tomcat-11.0-doc/config/filter.html#CORS_Filter
 */
public final class Server {
    private static final class Items extends HttpServlet {
        @Override
        protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
            switch (request.getRequestURI()) {
                case "/items" -> response.setHeader("X-Request-Id", "1");
                case "/items/data.json" -> response.setHeader("Cache-Control", "public, max-age=600");
                case "/items/vary/encoding.json" -> {
                    response.setHeader("Cache-Control", "public, max-age=600");
                    response.addHeader("Vary", "Accept-Encoding");
                }
                case "/items/redirect" -> {
                    response.sendRedirect("/items");
                    return;
                }
                case "/items/err/500" -> throw new IllegalStateException("an unhandled failure");
                default -> {
                    var error = java.util.regex.Pattern.compile("/items/err/([45]\\d\\d)").matcher(request.getRequestURI());
                    response.sendError(error.matches() ? Integer.parseInt(error.group(1)) : 404);
                    return;
                }
            }
            response.setContentType("application/json");
            response.getWriter().write("{\"items\":[]}");
        }

        @Override
        protected void doPut(HttpServletRequest request, HttpServletResponse response) throws IOException {
            doGet(request, response);
        }
    }

    public static void main(String[] arguments) throws Exception {
        Tomcat tomcat = new Tomcat();
        tomcat.setBaseDir(Files.createTempDirectory("tomcat").toString());
        tomcat.setHostname("127.0.0.1");
        tomcat.setPort(Integer.parseInt(arguments[0]));
        tomcat.getConnector().setProperty("address", "127.0.0.1");
        Context context = tomcat.addContext("", null);
        FilterDef cors = new FilterDef();
        cors.setFilterName("CorsFilter");
        cors.setFilter(new CorsFilter());
        cors.addInitParameter("cors.allowed.origins", "https://app.example,https://admin.example:8443");
        cors.addInitParameter("cors.allowed.methods", "GET,HEAD,PUT");
        cors.addInitParameter("cors.allowed.headers", "Content-Type,Authorization");
        cors.addInitParameter("cors.exposed.headers", "ETag,X-Request-Id");
        cors.addInitParameter("cors.support.credentials", "true");
        cors.addInitParameter("cors.preflight.maxage", "600");
        context.addFilterDef(cors);
        FilterMap all = new FilterMap();
        all.setFilterName("CorsFilter");
        all.addURLPattern("/*");
        context.addFilterMap(all);
        Tomcat.addServlet(context, "items", new Items());
        context.addServletMappingDecoded("/", "items");
        tomcat.start();
        tomcat.getServer().await();
    }
}
