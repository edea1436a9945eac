// The CORS middleware of Fiber, set up as its documentation says:
// https://docs.gofiber.io/middleware/cors
package main

import (
	"errors"
	"log"
	"os"

	"github.com/gofiber/fiber/v3"
	"github.com/gofiber/fiber/v3/middleware/cors"
)

func answer(headers ...string) fiber.Handler {
	return func(c fiber.Ctx) error {
		for i := 0; i < len(headers); i += 2 {
			c.Append(headers[i], headers[i+1])
		}
		return c.JSON(fiber.Map{"items": []string{}})
	}
}

func fail(c fiber.Ctx) error {
	status := fiber.Params[int](c, "status")
	if status < 400 || status > 599 {
		return fiber.ErrNotFound
	}
	if status == fiber.StatusInternalServerError {
		return errors.New("an unhandled failure")
	}
	return fiber.NewError(status)
}

func main() {
	app := fiber.New()
	app.Use(cors.New(cors.Config{
		AllowOrigins:     []string{"https://app.example", "https://admin.example:8443"},
		AllowMethods:     []string{"GET", "HEAD", "PUT"},
		AllowHeaders:     []string{"Content-Type", "Authorization"},
		ExposeHeaders:    []string{"ETag", "X-Request-Id"},
		AllowCredentials: true,
		MaxAge:           600,
	}))
	app.Get("/items", answer("X-Request-Id", "1"))
	app.Put("/items", answer("X-Request-Id", "1"))
	app.Get("/items/data.json", answer("Cache-Control", "public, max-age=600"))
	app.Get("/items/vary/encoding.json", answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	app.Get("/items/redirect", func(c fiber.Ctx) error {
		return c.Redirect().Status(fiber.StatusFound).To("/items")
	})
	app.Get("/items/err/:status", fail)
	log.Fatal(app.Listen(os.Args[1], fiber.ListenConfig{DisableStartupMessage: true}))
}
