// github.com/go-chi/cors on chi, set up as its documentation says.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/cors"
)

func answer(headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(headers); i += 2 {
			w.Header().Add(headers[i], headers[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(`{"items":[]}`))
	}
}

func fail(w http.ResponseWriter, r *http.Request) {
	status, err := strconv.Atoi(chi.URLParam(r, "status"))
	if err != nil || status < 400 || status > 599 {
		status = http.StatusNotFound
	}
	if status == http.StatusInternalServerError {
		panic("an unhandled failure")
	}
	http.Error(w, http.StatusText(status), status)
}

func main() {
	log.SetOutput(os.Stderr)
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	r.Use(middleware.GetHead)
	r.Use(cors.Handler(cors.Options{
		AllowedOrigins:   []string{"https://app.example", "https://admin.example:8443"},
		AllowedMethods:   []string{"GET", "HEAD", "PUT"},
		AllowedHeaders:   []string{"Content-Type", "Authorization"},
		ExposedHeaders:   []string{"ETag", "X-Request-Id"},
		AllowCredentials: true,
		MaxAge:           600,
	}))
	r.Get("/items", answer("X-Request-Id", "1"))
	r.Put("/items", answer("X-Request-Id", "1"))
	r.Get("/items/data.json", answer("Cache-Control", "public, max-age=600"))
	r.Get("/items/vary/encoding.json", answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	r.Get("/items/redirect", http.RedirectHandler("/items", http.StatusFound).ServeHTTP)
	r.Get("/items/err/{status}", fail)
	log.Fatal(http.ListenAndServe(os.Args[1], r))
}
