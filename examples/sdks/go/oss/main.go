// The Go SDK of Alibaba Cloud OSS, alibabacloud-oss-go-sdk-v2: `oss v1|v4`.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	. "crosscheck/sdks/operations"
)

var (
	ctx    = context.Background()
	bucket = Bucket
	key    = Key
	body   = Body
	part   = Part
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

// raised fails unless the error is the SDK's own, with this status and code.
func raised(err error, status int, code string) error {
	var service *oss.ServiceError
	if !errors.As(err, &service) {
		return fmt.Errorf("%v is no ServiceError, expected %s", err, code)
	}
	return Same([]any{service.StatusCode, service.Code}, []any{status, code})
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

func page(signed *oss.PresignResult, body io.Reader) (int, []byte, error) {
	return Page(signed.Method, signed.URL, signed.SignedHeaders, body)
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
	if err := Same(len(listed.Parts), 2); err != nil {
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
	if err := Same(length, int64(len(part)+3)); err != nil {
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

	Operation("create bucket", func() error {
		_, err := c.PutBucket(ctx, &oss.PutBucketRequest{Bucket: oss.Ptr(bucket)})
		return err
	})
	Operation("set rules", func() error { return put(c, rules()) })
	Operation("read rules", func() error {
		found, err := cors(c)
		if err != nil {
			return err
		}
		if err := Same(found.CORSConfiguration.CORSRules, rules()); err != nil {
			return err
		}
		return Same(*found.CORSConfiguration.ResponseVary, true)
	})
	Operation("upload", func() error {
		_, err := c.PutObject(ctx, &oss.PutObjectRequest{
			Bucket: oss.Ptr(bucket), Key: oss.Ptr(key), Body: bytes.NewReader(body),
			ContentType: oss.Ptr("text/plain"), CacheControl: oss.Ptr("max-age=60"), Metadata: map[string]string{"k": "v"},
		})
		return err
	})
	Operation("download", func() error {
		found, err := c.GetObject(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)})
		if err != nil {
			return err
		}
		defer found.Body.Close()
		read, err := io.ReadAll(found.Body)
		if err != nil {
			return err
		}
		return Same([]any{read, found.Metadata["k"], found.Headers.Get("Cache-Control")}, []any{body, "v", "max-age=60"})
	})
	Operation("range", func() error {
		read, err := get(c, key, "bytes=0-4")
		if err != nil {
			return err
		}
		return Same(read, body[:5])
	})
	Operation("head", func() error {
		length, err := size(c, key)
		if err != nil {
			return err
		}
		return Same(length, int64(len(body)))
	})
	Operation("list", func() error {
		found, err := c.ListObjectsV2(ctx, &oss.ListObjectsV2Request{Bucket: oss.Ptr(bucket), Prefix: oss.Ptr("dir/")})
		if err != nil {
			return err
		}
		if err := Same(len(found.Contents), 1); err != nil {
			return err
		}
		return Same(*found.Contents[0].Key, key)
	})
	Operation("presigned GET", func() error {
		signed, err := c.Presign(ctx, &oss.GetObjectRequest{Bucket: oss.Ptr(bucket), Key: oss.Ptr(key)}, oss.PresignExpires(time.Minute))
		if err != nil {
			return err
		}
		status, read, err := page(signed, nil)
		if err != nil {
			return err
		}
		return Same([]any{status, read}, []any{200, body})
	})
	Operation("presigned PUT", func() error {
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
		if err := Same([]any{status, string(read)}, []any{200, "by a page"}); err != nil {
			return err
		}
		return remove(c, "presigned.txt")
	})
	Operation("multipart", func() error { return multipart(c) })
	Operation("delete rules", func() error {
		for range 2 {
			found, err := c.DeleteBucketCors(ctx, &oss.DeleteBucketCorsRequest{Bucket: oss.Ptr(bucket)})
			if err != nil {
				return err
			}
			if err := Same(found.StatusCode, 204); err != nil {
				return err
			}
		}
		return nil
	})
	Operation("no rules", func() error {
		_, err := cors(c)
		return raised(err, 404, "NoSuchCORSConfiguration")
	})
	Operation("wrong rule", func() error {
		err := put(c, []oss.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"TEST"}}})
		var service *oss.ServiceError
		if !errors.As(err, &service) {
			return fmt.Errorf("%v is no ServiceError", err)
		}
		return Same([]any{service.StatusCode, service.EC}, []any{400, "0034-00000011"})
	})
	Operation("no object", func() error {
		_, err := get(c, "none", "")
		return raised(err, 404, "NoSuchKey")
	})
	Operation("wrong secret", func() error {
		_, err := get(client(id, "wrong"), key, "")
		return raised(err, 403, "SignatureDoesNotMatch")
	})
	Operation("unknown key", func() error {
		_, err := get(client("LTAInobody", secret), key, "")
		return raised(err, 403, "InvalidAccessKeyId")
	})
	Operation("delete object", func() error { return remove(c, key) })
	Operation("delete bucket", func() error {
		_, err := c.DeleteBucket(ctx, &oss.DeleteBucketRequest{Bucket: oss.Ptr(bucket)})
		return err
	})
	Operation("no bucket", func() error {
		_, err := cors(c)
		return raised(err, 404, "NoSuchBucket")
	})
	End()
}
