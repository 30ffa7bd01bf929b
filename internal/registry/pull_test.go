package registry

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

const manifestText = `{"schemaVersion":2}`

func TestManifest(t *testing.T) {
	f := newFake(t)
	d := f.AddManifest("app", "v1", oci.MediaTypeManifest+"; charset=utf-8", []byte(manifestText))
	c, _ := f.client(Options{})
	for _, ref := range []Reference{f.ref("app:v1"), f.ref("app@" + d.String()), f.ref("app:other@" + d.String())} {
		m, err := c.Manifest(t.Context(), ref)
		if err != nil || string(m.Bytes) != manifestText || m.MediaType != oci.MediaTypeManifest || m.Digest != d {
			t.Errorf("%s: %+v, %v", ref, m, err)
		}
		h, err := c.Head(t.Context(), ref)
		if err != nil || h.Digest != d || h.Size != int64(len(manifestText)) || h.MediaType != oci.MediaTypeManifest {
			t.Errorf("head of %s: %+v, %v", ref, h, err)
		}
	}
	if _, err := c.Manifest(t.Context(), f.ref("app:none")); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing tag: %v", err)
	}
	if _, err := c.Head(t.Context(), f.ref("app:none")); !errors.Is(err, ErrNotFound) {
		t.Errorf("head of missing tag: %v", err)
	}
}

// What a HEAD says of another manifest than was asked for doesn't count.
func TestHeadFaults(t *testing.T) {
	f := newFake(t)
	d := f.AddManifest("app", "v1", oci.MediaTypeManifest, []byte(manifestText))
	for said, wantErr := range map[string]string{sum: "answers with " + sum, "sha256:x": "Docker-Content-Digest"} {
		f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Header().Set("Docker-Content-Digest", said)
			return true
		}
		c, _ := f.client(Options{})
		_, err := c.Head(t.Context(), f.ref("app@"+d.String()))
		if err == nil || !strings.Contains(err.Error(), wantErr) {
			t.Fatalf("error %v, want %q", err, wantErr)
		}
		checkLine(t, err, f.Host())
	}
}

// pattern is n bytes that don't repeat every buffer.
func pattern(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i * 7 >> (i % 5))
	}
	return b
}

func TestBlob(t *testing.T) {
	f := newFake(t)
	content := pattern(300_000)
	d := f.AddBlob("app", content)
	c, _ := f.client(Options{})
	for _, size := range []int64{int64(len(content)), -1} {
		rc, err := c.Blob(t.Context(), f.ref("app"), d, size)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(rc)
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("size %d: %d bytes, %v", size, len(got), err)
		}
		if err := rc.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Blob(t.Context(), f.ref("app"), digest.FromBytes(nil), 0); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing blob: %v", err)
	}
	for want, d := range map[bool]digest.Digest{true: d, false: digest.FromBytes(nil)} {
		if have, err := c.HasBlob(t.Context(), f.ref("app"), d); have != want || err != nil {
			t.Errorf("HasBlob(%s) = %v, %v", d, have, err)
		}
	}
}

// Every fault of a registry that is pulled from ends in one line that names it,
// or in the right content.
func TestPullFaults(t *testing.T) {
	content := pattern(3 << 20)
	hijack := func(w http.ResponseWriter, answer string) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(conn, answer)
		conn.Close()
	}
	isBlob := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/blobs/") }
	for _, tt := range []struct {
		name    string
		fault   func(w http.ResponseWriter, r *http.Request, n int) bool
		wantErr string // of manifest and blob read in turn; empty for success
	}{
		{"none", func(http.ResponseWriter, *http.Request, int) bool { return false }, ""},
		{"500 three times", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n <= 3 {
				w.WriteHeader(500)
			}
			return n <= 3
		}, ""},
		{"500 for ever", func(w http.ResponseWriter, r *http.Request, n int) bool {
			registrytest.Refuse(w, 500, "UNKNOWN", "disk on fire")
			return true
		}, "500 Internal Server Error: UNKNOWN: disk on fire"},
		{"too many requests", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n == 1 {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(429)
			}
			return n == 1
		}, ""},
		{"come back tomorrow", func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Header().Set("Retry-After", "86400")
			registrytest.Refuse(w, 429, "TOOMANYREQUESTS", "slow down")
			return true
		}, "TOOMANYREQUESTS: slow down (asks to come back in 24h0m0s)"},
		{"connection closed", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n < 4 && r.URL.Path != "/v2/" {
				hijack(w, "")
				return true
			}
			return false
		}, ""},
		{"not http", func(w http.ResponseWriter, r *http.Request, n int) bool {
			hijack(w, "SSH-2.0-OpenSSH_9.2 \x1b[31m\r\n")
			return true
		}, `malformed HTTP`},
		{"terminal escapes", func(w http.ResponseWriter, r *http.Request, n int) bool {
			registrytest.Refuse(w, 403, "DENIED\x1b[2J", "two\nlines\a\u202e")
			return true
		}, `403 Forbidden: DENIED\x1b[2J: two\nlines\a\u202e`},
		{"huge refusal", func(w http.ResponseWriter, r *http.Request, n int) bool {
			registrytest.Refuse(w, 403, "DENIED", strings.Repeat("x", 40_000))
			return true
		}, strings.Repeat("x", maxText) + "…"},
		{"endless manifest", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				return false
			}
			for chunk := make([]byte, 1<<16); ; {
				if _, err := w.Write(chunk); err != nil {
					return true
				}
			}
		}, "answer is longer than 4194304 bytes"},
		{"manifest with another digest", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				return false
			}
			w.Header().Set("Docker-Content-Digest", sum)
			io.WriteString(w, manifestText)
			return true
		}, "content has digest sha256:"},
		{"malformed digest", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				return false
			}
			w.Header().Set("Docker-Content-Digest", "md5:../../x")
			io.WriteString(w, manifestText)
			return true
		}, "Docker-Content-Digest"},
		{"8 EB declared", func(w http.ResponseWriter, r *http.Request, n int) bool {
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 8000000000000000000\r\n\r\n"+manifestText)
			return true
		}, "unexpected EOF"},
		{"manifest breaks off once", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) || n > 1 || r.URL.Path == "/v2/" {
				return false
			}
			hijack(w, "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{")
			return true
		}, ""},
		{"blob shorter than said", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				w.Header().Set("Content-Length", "5")
				w.Write(content[:5])
			}
			return isBlob(r)
		}, "says it sends 5 bytes, the descriptor says 3145728"},
		{"blob without length, short", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				w.(http.Flusher).Flush()
				w.Write(content[:5])
			}
			return isBlob(r)
		}, "5 bytes of 3145728"},
		{"blob without length, endless", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				w.(http.Flusher).Flush()
				w.Write(content)
				w.Write(content)
			}
			return isBlob(r)
		}, "longer than its 3145728 bytes"},
		{"blob with other content", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				w.Write(make([]byte, len(content)))
			}
			return isBlob(r)
		}, "content has digest sha256:"},
		{"blob breaks off, ranges served", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) && n == 1 {
				hijack(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content[:1<<20]))
			}
			return isBlob(r) && n == 1
		}, ""},
		{"blob breaks off, ranges ignored", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				hijack(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content[:min(len(content), n*(1<<20))]))
			}
			return isBlob(r)
		}, ""},
		{"blob breaks off, wrong range", func(w http.ResponseWriter, r *http.Request, n int) bool {
			switch {
			case isBlob(r) && n == 1:
				hijack(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(content), content[:100]))
			case isBlob(r):
				w.Header().Set("Content-Range", "bytes 0-99/3145728")
				w.WriteHeader(206)
			}
			return isBlob(r)
		}, `range from byte 100 asked for, answered "bytes 0-99/3145728"`},
		{"blob breaks off as often as is borne", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) && n <= maxBreaks {
				hijack(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(content)))
			}
			return isBlob(r) && n <= maxBreaks
		}, ""},
		{"blob breaks off again and again", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if isBlob(r) {
				hijack(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", len(content)))
			}
			return isBlob(r)
		}, "unexpected EOF"},
		{"redirect to a file", func(w http.ResponseWriter, r *http.Request, n int) bool {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(307)
			return true
		}, `redirect to scheme "file"`},
		{"redirect for ever", func(w http.ResponseWriter, r *http.Request, n int) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
			return true
		}, "more than 5 redirects"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
			d := f.AddBlob("app", content)
			f.Fault = tt.fault
			c, _ := f.client(Options{})
			err := pullBoth(t, c, f.ref("app"), d, content)
			if tt.wantErr == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
				t.Fatalf("error %v, want %q", err, tt.wantErr)
			}
			checkLine(t, err, f.Host())
		})
	}
}

// checkLine checks that err is one printable line that names host.
func checkLine(t *testing.T, err error, host string) {
	t.Helper()
	s := err.Error()
	if !strings.Contains(s, host) || strings.ContainsAny(s, "\n\r\x1b\a\u202e") || len(s) > 1000 {
		t.Errorf("error is not one line that names %s: %q", host, s)
	}
}

func pullBoth(t *testing.T, c *Client, ref Reference, d digest.Digest, content []byte) error {
	t.Helper()
	if _, err := c.Manifest(t.Context(), ref); err != nil {
		return err
	}
	rc, err := c.Blob(t.Context(), ref, d, int64(len(content)))
	if err != nil {
		return err
	}
	defer rc.Close()
	got, err := io.ReadAll(rc)
	if err == nil && !bytes.Equal(got, content) {
		t.Error("wrong content without an error")
	}
	return err
}

func TestStall(t *testing.T) {
	content := pattern(100_000)
	for _, tt := range []struct {
		name  string
		fault func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool
	}{
		{"before the answer", func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			f.Hang(r)
			return true
		}},
		{"in the body", func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if !strings.Contains(r.URL.Path, "/blobs/") {
				return false
			}
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:10])
			w.(http.Flusher).Flush()
			f.Hang(r)
			return true
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
			d := f.AddBlob("app", content)
			f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool { return tt.fault(f, w, r, n) }
			c, _ := f.client(Options{IdleTimeout: 50 * time.Millisecond})
			err := pullBoth(t, c, f.ref("app"), d, content)
			if err == nil || !strings.Contains(err.Error(), "stalled: nothing moved for 50ms") {
				t.Fatal(err)
			}
			checkLine(t, err, f.Host())
		})
	}
}

// A stall may pass: it is worth one more try, of anything.
func TestStallOnce(t *testing.T) {
	f := newFake(t)
	content := pattern(2 << 20)
	f.AddManifest("app", "latest", oci.MediaTypeManifest, []byte(manifestText))
	d := f.AddBlob("app", content)
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if n > 1 || r.Method == http.MethodPost || r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/uploads/") {
			return false
		}
		if r.Method == http.MethodGet {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.(http.Flusher).Flush()
		}
		f.Hang(r)
		return true
	}
	c, _ := f.client(Options{IdleTimeout: 600 * time.Millisecond})
	if err := pullBoth(t, c, f.ref("app"), d, content); err != nil {
		t.Errorf("pull: %v", err)
	}
	if _, err := c.PushBlob(t.Context(), f.ref("other"), blobOf(content)); err != nil {
		t.Errorf("push: %v", err)
	}
}

// A reader that is slow itself is not a registry that stalls.
func TestSlowReader(t *testing.T) {
	f := newFake(t)
	content := pattern(4 << 20)
	d := f.AddBlob("app", content)
	c, _ := f.client(Options{IdleTimeout: 500 * time.Millisecond})
	rc, err := c.Blob(t.Context(), f.ref("app"), d, int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	defer rc.Close()
	time.Sleep(time.Second)
	if got, err := io.ReadAll(rc); err != nil || len(got) != len(content) || f.Seen("GET "+blobPath(f.ref("app"), d)) != 1 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

// What comes byte by byte never stalls: an answer that would take for ever is given
// up, and isn't asked for again.
func TestSlowRegistry(t *testing.T) {
	content := pattern(1 << 20)
	for _, tt := range []struct {
		name  string
		bytes int // in each second
		want  string
	}{
		{"a byte a second", 1, "too slow: "},
		{"just too slow", 900, "too slow: "},
		{"slow", 1100, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			d := f.AddBlob("app", content)
			// A read is as slow as what it reads came; between two, no time passes.
			var clock atomic.Int64
			c, _ := f.client(Options{Now: func() time.Time { return time.Unix(0, clock.Load()) }})
			rc, err := c.Blob(t.Context(), f.ref("app"), d, int64(len(content)))
			if err != nil {
				t.Fatal(err)
			}
			defer rc.Close()
			body := rc.(*blobReader).download.body.(*watchedBody)
			body.ReadCloser = &slowBody{body.ReadCloser, tt.bytes, &clock}
			_, err = io.Copy(io.Discard, rc)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil {
				checkLine(t, err, f.Host())
			}
			if n := f.Seen("GET " + blobPath(f.ref("app"), d)); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
}

// slowBody takes a second for so many bytes.
type slowBody struct {
	io.ReadCloser
	bytes int
	clock *atomic.Int64
}

func (s *slowBody) Read(p []byte) (int, error) {
	s.clock.Add(int64(time.Second))
	return s.ReadCloser.Read(p[:min(len(p), s.bytes)])
}
