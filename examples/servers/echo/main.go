// The CORS middleware of Echo, set up as its documentation says:
// https://echo.labstack.com/docs/middleware/cors
package main

import (
	"errors"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/labstack/echo/v5"
	"github.com/labstack/echo/v5/middleware"
)

func answer(headers ...string) echo.HandlerFunc {
	return func(c *echo.Context) error {
		for i := 0; i < len(headers); i += 2 {
			c.Response().Header().Add(headers[i], headers[i+1])
		}
		return c.JSON(http.StatusOK, map[string][]string{"items": {}})
	}
}

func fail(c *echo.Context) error {
	status, err := strconv.Atoi(c.Param("status"))
	if err != nil || status < 400 || status > 599 {
		return echo.ErrNotFound
	}
	if status == http.StatusInternalServerError {
		return errors.New("an unhandled failure")
	}
	return echo.NewHTTPError(status, http.StatusText(status))
}

func main() {
	e := echo.New()
	e.Use(middleware.Recover())
	e.Use(middleware.CORSWithConfig(middleware.CORSConfig{
		AllowOrigins:     []string{"https://app.example", "https://admin.example:8443"},
		AllowMethods:     []string{"GET", "HEAD", "PUT"},
		AllowHeaders:     []string{"Content-Type", "Authorization"},
		ExposeHeaders:    []string{"ETag", "X-Request-Id"},
		AllowCredentials: true,
		MaxAge:           600,
	}))
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(append(read, http.MethodPut), "/items", answer("X-Request-Id", "1"))
	e.Match(read, "/items/data.json", answer("Cache-Control", "public, max-age=600"))
	e.Match(read, "/items/vary/encoding.json", answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	e.Match(read, "/items/redirect", func(c *echo.Context) error { return c.Redirect(http.StatusFound, "/items") })
	e.Match(read, "/items/err/:status", fail)
	log.Fatal(http.ListenAndServe(os.Args[1], e))
}
