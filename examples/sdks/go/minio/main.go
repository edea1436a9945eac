// MinIO's Go SDK, minio-go: the one that signs every chunk of what it uploads over plain HTTP.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/credentials"

	. "crosscheck/sdks/operations"
)

var ctx = context.Background()

func client(id, secret string) *minio.Client {
	endpoint, err := url.Parse(os.Getenv("ENDPOINT"))
	if err != nil {
		panic(err)
	}
	c, err := minio.New(endpoint.Host, &minio.Options{
		Creds:        credentials.NewStaticV4(id, secret, ""),
		Region:       os.Getenv("REGION"),
		BucketLookup: minio.BucketLookupPath,
		MaxRetries:   1,
	})
	if err != nil {
		panic(err)
	}
	return c
}

// raised fails unless the error is the SDK's own, with this status and code.
func raised(err error, status int, code string) error {
	if err == nil {
		return fmt.Errorf("nothing was raised, expected %s", code)
	}
	found := minio.ToErrorResponse(err)
	return Same([]any{found.StatusCode, found.Code}, []any{status, code})
}

func rules() []cors.Rule {
	return []cors.Rule{
		{
			ID:            "pages",
			AllowedOrigin: []string{"https://a.example", "https://*.b.example"},
			AllowedMethod: []string{"GET", "PUT", "POST"},
			AllowedHeader: []string{"content-type", "x-amz-*"},
			ExposeHeader:  []string{"ETag", "x-amz-request-id"},
			MaxAgeSeconds: 600,
		},
		{AllowedOrigin: []string{"*"}, AllowedMethod: []string{"GET"}},
	}
}

func put(c *minio.Client, rules []cors.Rule) error {
	return c.SetBucketCors(ctx, Bucket, cors.NewConfig(rules))
}

func get(c *minio.Client, name string, options minio.GetObjectOptions) ([]byte, error) {
	found, err := c.GetObject(ctx, Bucket, name, options)
	if err != nil {
		return nil, err
	}
	defer found.Close()
	return io.ReadAll(found)
}

func upload(c *minio.Client, name string, content []byte, options minio.PutObjectOptions) error {
	_, err := c.PutObject(ctx, Bucket, name, bytes.NewReader(content), int64(len(content)), options)
	return err
}

func remove(c *minio.Client, name string) error {
	return c.RemoveObject(ctx, Bucket, name, minio.RemoveObjectOptions{})
}

func multipart(c *minio.Client) error {
	core := minio.Core{Client: c}
	name := Key + ".parts"
	id, err := core.NewMultipartUpload(ctx, Bucket, name, minio.PutObjectOptions{})
	if err != nil {
		return err
	}
	var parts []minio.CompletePart
	for at, data := range [][]byte{Part, []byte("end")} {
		sent, err := core.PutObjectPart(ctx, Bucket, name, id, at+1, bytes.NewReader(data), int64(len(data)), minio.PutObjectPartOptions{})
		if err != nil {
			return err
		}
		parts = append(parts, minio.CompletePart{PartNumber: at + 1, ETag: sent.ETag})
	}
	listed, err := core.ListObjectParts(ctx, Bucket, name, id, 0, 10)
	if err != nil {
		return err
	}
	if err := Same(len(listed.ObjectParts), 2); err != nil {
		return err
	}
	if _, err := core.CompleteMultipartUpload(ctx, Bucket, name, id, parts, minio.PutObjectOptions{}); err != nil {
		return err
	}
	found, err := c.StatObject(ctx, Bucket, name, minio.StatObjectOptions{})
	if err != nil {
		return err
	}
	if err := Same(found.Size, int64(len(Part)+3)); err != nil {
		return err
	}
	gone, err := core.NewMultipartUpload(ctx, Bucket, "gone", minio.PutObjectOptions{})
	if err != nil {
		return err
	}
	if err := core.AbortMultipartUpload(ctx, Bucket, "gone", gone); err != nil {
		return err
	}
	return remove(c, name)
}

func main() {
	id, secret := os.Getenv("KEY_ID"), os.Getenv("KEY_SECRET")
	c := client(id, secret)

	Operation("create bucket", func() error { return c.MakeBucket(ctx, Bucket, minio.MakeBucketOptions{}) })
	Operation("set rules", func() error { return put(c, rules()) })
	Operation("read rules", func() error {
		found, err := c.GetBucketCors(ctx, Bucket)
		if err != nil {
			return err
		}
		return Same(found.CORSRules, rules())
	})
	Operation("upload", func() error {
		return upload(c, Key, Body, minio.PutObjectOptions{
			ContentType: "text/plain", CacheControl: "max-age=60", UserMetadata: map[string]string{"k": "v"},
		})
	})
	Operation("download", func() error {
		read, err := get(c, Key, minio.GetObjectOptions{})
		if err != nil {
			return err
		}
		found, err := c.StatObject(ctx, Bucket, Key, minio.StatObjectOptions{})
		if err != nil {
			return err
		}
		return Same([]any{read, found.UserMetadata["K"], found.Metadata.Get("Cache-Control")}, []any{Body, "v", "max-age=60"})
	})
	Operation("range", func() error {
		options := minio.GetObjectOptions{}
		if err := options.SetRange(0, 4); err != nil {
			return err
		}
		read, err := get(c, Key, options)
		if err != nil {
			return err
		}
		return Same(read, Body[:5])
	})
	Operation("head", func() error {
		found, err := c.StatObject(ctx, Bucket, Key, minio.StatObjectOptions{})
		if err != nil {
			return err
		}
		return Same(found.Size, int64(len(Body)))
	})
	Operation("list", func() error {
		var keys []string
		for found := range c.ListObjects(ctx, Bucket, minio.ListObjectsOptions{Prefix: "dir/"}) {
			if found.Err != nil {
				return found.Err
			}
			keys = append(keys, found.Key)
		}
		return Same(keys, []string{Key})
	})
	Operation("presigned GET", func() error {
		signed, err := c.PresignedGetObject(ctx, Bucket, Key, time.Minute, nil)
		if err != nil {
			return err
		}
		status, read, err := Page("GET", signed.String(), nil, nil)
		if err != nil {
			return err
		}
		return Same([]any{status, read}, []any{200, Body})
	})
	Operation("presigned PUT", func() error {
		signed, err := c.PresignedPutObject(ctx, Bucket, "presigned.txt", time.Minute)
		if err != nil {
			return err
		}
		status, _, err := Page("PUT", signed.String(), nil, strings.NewReader("by a page"))
		if err != nil {
			return err
		}
		read, err := get(c, "presigned.txt", minio.GetObjectOptions{})
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
			// No rules to set: the SDK deletes those that are there.
			if err := c.SetBucketCors(ctx, Bucket, nil); err != nil {
				return err
			}
		}
		return nil
	})
	Operation("no rules", func() error {
		// The SDK takes NoSuchCORSConfiguration for no rules, and raises nothing.
		found, err := c.GetBucketCors(ctx, Bucket)
		if err != nil {
			return err
		}
		return Same(found == nil, true)
	})
	Operation("wrong rule", func() error {
		err := put(c, []cors.Rule{{AllowedOrigin: []string{"*"}, AllowedMethod: []string{"TEST"}}})
		return raised(err, 400, "InvalidRequest")
	})
	Operation("no object", func() error {
		_, err := get(c, "none", minio.GetObjectOptions{})
		return raised(err, 404, "NoSuchKey")
	})
	Operation("wrong secret", func() error {
		return raised(upload(client(id, "wrong"), Key, Body, minio.PutObjectOptions{}), 403, "SignatureDoesNotMatch")
	})
	Operation("unknown key", func() error {
		_, err := get(client("AKIANOBODY", secret), Key, minio.GetObjectOptions{})
		return raised(err, 403, "InvalidAccessKeyId")
	})
	Operation("delete object", func() error { return remove(c, Key) })
	Operation("delete bucket", func() error { return c.RemoveBucket(ctx, Bucket) })
	Operation("no bucket", func() error {
		_, err := c.GetBucketCors(ctx, Bucket)
		return raised(err, 404, "NoSuchBucket")
	})
	End()
}
