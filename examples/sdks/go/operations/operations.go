// Package operations is what every client does, whatever its SDK: each operation by name, one line
// for each.
package operations

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
)

// Key is an object's, as awkward as they come.
const Key = "dir/a b+c.txt"

var (
	Bucket = os.Getenv("BUCKET")
	Body   = []byte(strings.Repeat("cross-origin é\n", 40))
	Part   = bytes.Repeat([]byte("p"), 5*1024*1024)
	failed = false
)

// Operation does one, and writes down how it went.
func Operation(name string, do func() error) {
	if err := do(); err != nil {
		failed = true
		text := strings.Join(strings.Fields(err.Error()), " ")
		fmt.Printf("%s\tfailed\t%.300s\n", name, text)
		return
	}
	fmt.Printf("%s\tok\t\n", name)
}

// End exits with 1 where an operation failed.
func End() {
	if failed {
		os.Exit(1)
	}
}

// Same fails unless both are equal.
func Same(found, expected any) error {
	if !reflect.DeepEqual(found, expected) {
		return fmt.Errorf("found %v, expected %v", found, expected)
	}
	return nil
}

// Page sends a presigned request as a page would, without an SDK.
func Page(method, url string, fields map[string]string, body io.Reader) (int, []byte, error) {
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		return 0, nil, err
	}
	for name, value := range fields {
		request.Header.Set(name, value)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	read, err := io.ReadAll(answer.Body)
	return answer.StatusCode, read, err
}
