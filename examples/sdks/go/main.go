// The Go SDK of Alibaba Cloud OSS, alibabacloud-oss-go-sdk-v2: `sdks v1|v4`.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

const key = "dir/a b+c.txt"

var (
	ctx    = context.Background()
	bucket = os.Getenv("BUCKET")
	body   = []byte(strings.Repeat("cross-origin é\n", 40))
	part   = bytes.Repeat([]byte("p"), 5*1024*1024)
	failed = false
)

func client(id, secret string) *oss.Client {
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret)).
		WithRegion(os.Getenv("REGION")).
		WithEndpoint(os.Getenv("ENDPOINT")).
		WithUsePathStyle(true).
		WithRetryMaxAttempts(1)
	if os.Args[1] == "v1" {
		config.WithSignatureVersion(oss.SignatureVersionV1)
	}
	return oss.NewClient(config)
}

func operation(name string, do func() error) {
	if err := do(); err != nil {
		failed = true
		text := strings.Join(strings.Fields(err.Error()), " ")
		fmt.Printf("%s\tfailed\t%.300s\n", name, text)
		return
	}
	fmt.Printf("%s\tok\t\n", name)
}

func same(found, expected any) error {
	if !reflect.DeepEqual(found, expected) {
		return fmt.Errorf("found %v, expected %v", found, expected)
	}
	return nil
}

// raised fails unless the error is the SDK's own, with this status and code.
func raised(err error, status int, code string) error {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		return fmt.Errorf("%v is no ServiceError, expected %s", err, code)
	}
	return same([]any{service.StatusCode, service.Code}, []any{status, code})
}

func rules() []oss.CORSRule {
	return []oss.CORSRule{
		{
			AllowedOrigins: []string{"https://a.example", "https://*.b.example"},
			AllowedMethods: []string{"GET", "PUT", "POST"},
			AllowedHeaders: []string{"content-type", "x-oss-*"},
			ExposeHeaders:  []string{"ETag", "x-oss-request-id"},
			MaxAgeSeconds:  oss.Ptr(int64(600)),
		},
		{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}, MaxAgeSeconds: oss.Ptr(int64(0))},
	}
}

func put(c *oss.Client, rules []oss.CORSRule) error {
	_, err := c.PutBucketCors(ctx, &oss.PutBucketCorsRequest{
		Bucket:            oss.Ptr(bucket),
		CORSConfiguration: &oss.CORSConfiguration{CORSRules: rules, ResponseVary: oss.Ptr(true)},
	})
	return err
}

func get(c *oss.Client, name string, span string) ([]byte, error) {
	request := &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(name)}
	if span != "" {
		request.Range = oss.Ptr(span)
		request.RangeBehavior = oss.Ptr("standard")
	}
	found, err := c.GetObject(ctx, request)
	if err != nil {
		return nil, err
	}
	defer found.Body.Close()
	return io.ReadAll(found.Body)
}

func size(c *oss.Client, name string) (int64, error) {
	found, err := c.HeadObject(ctx, &oss.HeadObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(name)})
	if err != nil {
		return 0, err
	}
	return found.ContentLength, nil
}

func remove(c *oss.Client, name string) error {
	_, err := c.DeleteObject(ctx, &oss.DeleteObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(name)})
	return err
}

// page sends a presigned request as a page would, without the SDK.
func page(signed *oss.PresignResult, body io.Reader) (int, []byte, error) {
	request, err := http.NewRequest(signed.Method, signed.URL, body)
	if err != nil {
		return 0, nil, err
	}
	for name, value := range signed.SignedHeaders {
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

func multipart(c *oss.Client) error {
	name := oss.Ptr(key + ".parts")
	upload, err := c.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(bucket), Key: name})
	if err != nil {
		return err
	}
	var parts []oss.UploadPart
	for at, data := range [][]byte{part, []byte("end")} {
		number := int32(at + 1)
		sent, err := c.UploadPart(ctx, &oss.UploadPartRequest{
			Bucket: oss.Ptr(bucket), Key: name, UploadId: upload.UploadId, PartNumber: number, Body: bytes.NewReader(data),
		})
		if err != nil {
			return err
		}
		parts = append(parts, oss.UploadPart{PartNumber: number, ETag: sent.ETag})
	}
	listed, err := c.ListParts(ctx, &oss.ListPartsRequest{Bucket: oss.Ptr(bucket), Key: name, UploadId: upload.UploadId})
	if err != nil {
		return err
	}
	if err := same(len(listed.Parts), 2); err != nil {
		return err
	}
	if _, err := c.CompleteMultipartUpload(ctx, &oss.CompleteMultipartUploadRequest{
		Bucket: oss.Ptr(bucket), Key: name, UploadId: upload.UploadId,
		CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
	}); err != nil {
		return err
	}
	length, err := size(c, *name)
	if err != nil {
		return err
	}
	if err := same(length, int64(len(part)+3)); err != nil {
		return err
	}
	gone, err := c.InitiateMultipartUpload(ctx, &oss.InitiateMultipartUploadRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr("gone")})
	if err != nil {
		return err
	}
	if _, err := c.AbortMultipartUpload(ctx, &oss.AbortMultipartUploadRequest{
		Bucket: oss.Ptr(bucket), Key: oss.Ptr("gone"), UploadId: gone.UploadId,
	}); err != nil {
		return err
	}
	return remove(c, *name)
}

func main() {
	id, secret := os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET")
	c := client(id, secret)
	cors := func(c *oss.Client) (*oss.GetBucketCorsResult, error) {
		return c.GetBucketCors(ctx, &oss.GetBucketCorsRequest{Bucket: oss.Ptr(bucket)})
	}

	operation("create bucket", func() error {
		_, err := c.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(bucket)})
		return err
	})
	operation("set rules", func() error { return put(c, rules()) })
	operation("read rules", func() error {
		found, err := cors(c)
		if err != nil {
			return err
		}
		if err := same(found.CORSConfiguration.CORSRules, rules()); err != nil {
			return err
		}
		return same(*found.CORSConfiguration.ResponseVary, true)
	})
	operation("upload", func() error {
		_, err := c.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(key), Body: bytes.NewReader(body),
			ContentType: oss.Ptr("text/plain"), CacheControl: oss.Ptr("max-age=60"), Metadata: map[string]string{"k": "v"},
		})
		return err
	})
	operation("download", func() error {
		found, err := c.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)})
		if err != nil {
			return err
		}
		defer found.Body.Close()
		read, err := io.ReadAll(found.Body)
		if err != nil {
			return err
		}
		return same([]any{read, found.Metadata["k"], found.Headers.Get("Cache-Control")}, []any{body, "v", "max-age=60"})
	})
	operation("range", func() error {
		read, err := get(c, key, "bytes=0-4")
		if err != nil {
			return err
		}
		return same(read, body[:5])
	})
	operation("head", func() error {
		length, err := size(c, key)
		if err != nil {
			return err
		}
		return same(length, int64(len(body)))
	})
	operation("list", func() error {
		found, err := c.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(bucket), Prefix: oss.Ptr("dir/")})
		if err != nil {
			return err
		}
		if err := same(len(found.Contents), 1); err != nil {
			return err
		}
		return same(*found.Contents[0].Key, key)
	})
	operation("presigned GET", func() error {
		signed, err := c.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}, oss.PresignExpires(time.Minute))
		if err != nil {
			return err
		}
		status, read, err := page(signed, nil)
		if err != nil {
			return err
		}
		return same([]any{status, read}, []any{200, body})
	})
	operation("presigned PUT", func() error {
		signed, err := c.Presign(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr("presigned.txt"), ContentType: oss.Ptr("text/plain"),
		}, oss.PresignExpires(time.Minute))
		if err != nil {
			return err
		}
		status, _, err := page(signed, strings.NewReader("by a page"))
		if err != nil {
			return err
		}
		read, err := get(c, "presigned.txt", "")
		if err != nil {
			return err
		}
		if err := same([]any{status, string(read)}, []any{200, "by a page"}); err != nil {
			return err
		}
		return remove(c, "presigned.txt")
	})
	operation("multipart", func() error { return multipart(c) })
	operation("delete rules", func() error {
		for range 2 {
			found, err := c.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: oss.Ptr(bucket)})
			if err != nil {
				return err
			}
			if err := same(found.StatusCode, 204); err != nil {
				return err
			}
		}
		return nil
	})
	operation("no rules", func() error {
		_, err := cors(c)
		return raised(err, 404, "NoSuchCORSConfiguration")
	})
	operation("wrong rule", func() error {
		err := put(c, []oss.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"TEST"}}})
		var service *oss.ServiceError
		if !errors.As(err, &service) {
			return fmt.Errorf("%v is no ServiceError", err)
		}
		return same([]any{service.StatusCode, service.EC}, []any{400, "0034-00000011"})
	})
	operation("no object", func() error {
		_, err := get(c, "none", "")
		return raised(err, 404, "NoSuchKey")
	})
	operation("wrong secret", func() error {
		_, err := get(client(id, "wrong"), key, "")
		return raised(err, 403, "SignatureDoesNotMatch")
	})
	operation("unknown key", func() error {
		_, err := get(client("LTAInobody", secret), key, "")
		return raised(err, 403, "InvalidAccessKeyId")
	})
	operation("delete object", func() error { return remove(c, key) })
	operation("delete bucket", func() error {
		_, err := c.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(bucket)})
		return err
	})
	operation("no bucket", func() error {
		_, err := cors(c)
		return raised(err, 404, "NoSuchBucket")
	})
	if failed {
		os.Exit(1)
	}
}
