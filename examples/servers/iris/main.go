// The CORS middleware of Iris, set up as its documentation says:
// https://pkg.go.dev/github.com/kataras/iris/v12/middleware/cors. It allows all methods with `*`,
// and has no option to name them.
package main

import (
	"log"
	"net/http"
	"os"
	"time"

	"github.com/kataras/iris/v12"
	"github.com/kataras/iris/v12/middleware/cors"
	"github.com/kataras/iris/v12/middleware/recover"
)

func answer(headers ...string) iris.Handler {
	return func(ctx iris.Context) {
		for i := 0; i < len(headers); i += 2 {
			ctx.ResponseWriter().Header().Add(headers[i], headers[i+1])
		}
		ctx.JSON(iris.Map{"items": []string{}})
	}
}

func fail(ctx iris.Context) {
	status := ctx.Params().GetIntDefault("status", http.StatusNotFound)
	if status == http.StatusInternalServerError {
		panic("an unhandled failure")
	}
	ctx.StopWithText(status, http.StatusText(status))
}

func main() {
	app := iris.New()
	app.Logger().SetLevel("disable")
	app.UseRouter(recover.New())
	app.UseRouter(cors.New().
		AllowOrigins("https://app.example", "https://admin.example:8443").
		AllowHeaders("Content-Type", "Authorization").
		ExposeHeaders("ETag", "X-Request-Id").
		MaxAge(10 * time.Minute).
		Handler())
	app.HandleMany("GET HEAD PUT", "/items", answer("X-Request-Id", "1"))
	app.HandleMany("GET HEAD", "/items/data.json", answer("Cache-Control", "public, max-age=600"))
	app.HandleMany("GET HEAD", "/items/vary/encoding.json", answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	app.HandleMany("GET HEAD", "/items/redirect", func(ctx iris.Context) { ctx.Redirect("/items", http.StatusFound) })
	app.HandleMany("GET HEAD", "/items/err/{status:int}", fail)
	log.Fatal(app.Listen(os.Args[1], iris.WithoutStartupLog))
}
