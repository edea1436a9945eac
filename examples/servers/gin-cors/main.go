// github.com/gin-contrib/cors on Gin, set up as its documentation says.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
)

func answer(headers ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		for i := 0; i < len(headers); i += 2 {
			c.Writer.Header().Add(headers[i], headers[i+1])
		}
		c.JSON(http.StatusOK, gin.H{"items": []string{}})
	}
}

func fail(c *gin.Context) {
	status, err := strconv.Atoi(c.Param("status"))
	if err != nil || status < 400 || status > 599 {
		status = http.StatusNotFound
	}
	if status == http.StatusInternalServerError {
		panic("an unhandled failure")
	}
	c.AbortWithStatus(status)
}

func main() {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(gin.Recovery())
	r.Use(cors.New(cors.Config{
		AllowOrigins:     []string{"https://app.example", "https://admin.example:8443"},
		AllowMethods:     []string{"GET", "HEAD", "PUT"},
		AllowHeaders:     []string{"Content-Type", "Authorization"},
		ExposeHeaders:    []string{"ETag", "X-Request-Id"},
		AllowCredentials: true,
		MaxAge:           10 * time.Minute,
	}))
	both := []string{http.MethodGet, http.MethodHead}
	r.Match(append(both, http.MethodPut), "/items", answer("X-Request-Id", "1"))
	r.Match(both, "/items/data.json", answer("Cache-Control", "public, max-age=600"))
	r.Match(both, "/items/vary/encoding.json", answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	r.Match(both, "/items/redirect", func(c *gin.Context) { c.Redirect(http.StatusFound, "/items") })
	r.Match(both, "/items/err/:status", fail)
	log.Fatal(r.Run(os.Args[1]))
}
