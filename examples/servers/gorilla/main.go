// github.com/gorilla/handlers around net/http, set up as its documentation says.
package main

import (
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/gorilla/handlers"
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
	status, err := strconv.Atoi(r.PathValue("status"))
	if err != nil || status < 400 || status > 599 {
		status = http.StatusNotFound
	}
	http.Error(w, http.StatusText(status), status)
}

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /items", answer("X-Request-Id", "1"))
	mux.HandleFunc("PUT /items", answer("X-Request-Id", "1"))
	mux.HandleFunc("GET /items/data.json", answer("Cache-Control", "public, max-age=600"))
	mux.HandleFunc("GET /items/vary/encoding.json",
		answer("Cache-Control", "public, max-age=600", "Vary", "Accept-Encoding"))
	mux.Handle("GET /items/redirect", http.RedirectHandler("/items", http.StatusFound))
	mux.HandleFunc("GET /items/err/{status}", fail)

	handler := handlers.CORS(
		handlers.AllowedOrigins([]string{"https://app.example", "https://admin.example:8443"}),
		handlers.AllowedMethods([]string{http.MethodGet, http.MethodHead, http.MethodPut}),
		handlers.AllowedHeaders([]string{"Content-Type", "Authorization"}),
		handlers.ExposedHeaders([]string{"ETag", "X-Request-Id"}),
		handlers.AllowCredentials(),
		handlers.MaxAge(600),
	)(mux)
	log.Fatal(http.ListenAndServe(os.Args[1], handler))
}
