package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

func blobOf(content []byte) Blob {
	return Blob{Digest: digest.FromBytes(content), Size: int64(len(content)), Open: fromBytes(content)}
}

func TestPushBlob(t *testing.T) {
	large := pattern(3<<20 + 5)
	for _, tt := range []struct {
		name    string
		content []byte
		options Options
		want    string // the requests for it, as methods
	}{
		{"empty", nil, Options{}, "HEAD POST PUT"},
		{"small", []byte("hello"), Options{}, "HEAD POST PUT"},
		{"small with chunks", []byte("hello"), Options{ChunkSize: 1 << 20}, "HEAD POST PUT"},
		{"large", large, Options{}, "HEAD POST PATCH PUT"},
		{"large in chunks", large, Options{ChunkSize: 1 << 20}, "HEAD POST PATCH PATCH PATCH PATCH PUT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			c, _ := f.client(tt.options)
			b := blobOf(tt.content)
			var last int64
			b.Progress = func(sent int64) { last = sent }
			sent, err := c.PushBlob(t.Context(), f.ref("app"), b)
			if err != nil || !sent || last != b.Size {
				t.Fatalf("PushBlob = %v, %v; progress %d of %d", sent, err, last, b.Size)
			}
			if got, ok := f.Blob("app", b.Digest); !ok || !bytes.Equal(got, tt.content) {
				t.Error("the registry has something else")
			}
			if got := methods(f.Requests()); got != tt.want {
				t.Errorf("requests %s, want %s", got, tt.want)
			}
			if sent, err := c.PushBlob(t.Context(), f.ref("app"), b); sent || err != nil {
				t.Errorf("pushed again: %v, %v", sent, err)
			}
		})
	}
}

// A registry may ask for larger chunks than the client would send.
func TestPushChunkMinimum(t *testing.T) {
	f := newFake(t)
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		w.Header().Set("OCI-Chunk-Min-Length", "2097152")
		return false
	}
	c, _ := f.client(Options{ChunkSize: 1 << 20})
	if _, err := c.PushBlob(t.Context(), f.ref("app"), blobOf(pattern(3<<20))); err != nil {
		t.Fatal(err)
	}
	if got, want := methods(f.Requests()), "HEAD POST PATCH PATCH PUT"; got != want {
		t.Errorf("requests %s, want %s", got, want)
	}
}

// methods returns the methods of the requests for blobs and uploads.
func methods(log []string) string {
	var all []string
	for _, l := range log {
		if method, path, _ := strings.Cut(l, " "); path != "/v2/" {
			all = append(all, method)
		}
	}
	return strings.Join(all, " ")
}

func TestPushMount(t *testing.T) {
	content := pattern(1000)
	for _, tt := range []struct {
		name  string
		from  string
		fault func(w http.ResponseWriter, r *http.Request, n int) bool
		sent  bool
		want  string
	}{
		{"mounted", "base", nil, false, "HEAD POST"},
		{"not there", "other", nil, true, "HEAD POST PUT"},
		{"refused", "base", func(w http.ResponseWriter, r *http.Request, n int) bool {
			if r.URL.Query().Has("mount") {
				registrytest.Refuse(w, http.StatusForbidden, "DENIED", "no")
				return true
			}
			return false
		}, true, "HEAD POST POST PUT"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.Fault = tt.fault
			f.AddBlob("base", content)
			c, _ := f.client(Options{})
			b := blobOf(content)
			b.From = tt.from
			sent, err := c.PushBlob(t.Context(), f.ref("app"), b)
			if sent != tt.sent || err != nil {
				t.Errorf("PushBlob = %v, %v", sent, err)
			}
			if got := methods(f.Requests()); got != tt.want {
				t.Errorf("requests %s, want %s", got, tt.want)
			}
			if _, ok := f.Blob("app", b.Digest); !ok {
				t.Error("the blob isn't there")
			}
		})
	}
}

// A push completes with the right content whatever the registry did on the
// way, or says in one line what stands in the way.
func TestPushFaults(t *testing.T) {
	content := pattern(3 << 20)
	is := func(r *http.Request, method string) bool { return r.Method == method }
	for _, tt := range []struct {
		name    string
		chunk   int64
		fault   func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool
		wantErr string
	}{
		{"connection breaks in a PATCH", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") && n == 1 {
				f.Break(r, 1<<20)
			}
			return false
		}, ""},
		{"connection breaks in a chunk", 1 << 20, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") && n == 2 {
				f.Break(r, 1000)
			}
			return false
		}, ""},
		{"connection breaks every time, with progress", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") && n <= 20 {
				f.Break(r, 100_000)
			}
			return false
		}, ""},
		{"connection breaks every time, without", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") {
				f.Break(r, 0)
			}
			return false
		}, "EOF"},
		{"answer to PUT is lost", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PUT") && n == 1 {
				f.Serve(noAnswerWriter{http.Header{}}, r)
				f.Forget()
				panic(http.ErrAbortHandler)
			}
			return false
		}, ""},
		{"session is forgotten", 1 << 20, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") && n == 2 && strings.HasSuffix(r.URL.Path, "session-1") {
				f.Forget()
			}
			return false
		}, ""},
		{"session is forgotten every time", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			f.Forget()
			return false
		}, "404 Not Found: BLOB_UPLOAD_UNKNOWN"},
		{"500 three times, then 201", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if n <= 3 && !is(r, "GET") {
				w.WriteHeader(500)
				return true
			}
			return false
		}, ""},
		{"session at another offset", 1 << 20, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") && n == 2 {
				f.SetUpload("session-1", func(have []byte) []byte { return have[:500_000] })
			}
			return false
		}, ""},
		{"wrong digest answered", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PUT") {
				w.Header().Set("Docker-Content-Digest", sum)
				w.WriteHeader(201)
			}
			return is(r, "PUT")
		}, "stored " + sum},
		{"content arrives changed", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PUT") {
				f.SetUpload("session-1", func([]byte) []byte { return nil })
			}
			return false
		}, "400 Bad Request: DIGEST_INVALID"},
		{"full", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") {
				registrytest.Refuse(w, 507, "DENIED", "no space left on device")
			}
			return is(r, "PATCH")
		}, "507 Insufficient Storage: DENIED: no space left on device"},
		{"too large", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") {
				registrytest.Refuse(w, 413, "SIZE_INVALID", "quota")
			}
			return is(r, "PATCH")
		}, "413 Request Entity Too Large: SIZE_INVALID: quota"},
		{"no location", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "POST") {
				w.WriteHeader(202)
			}
			return is(r, "POST")
		}, "names no upload location"},
		{"location is a file", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "POST") {
				w.Header().Set("Location", "file:///etc/passwd")
				w.WriteHeader(202)
			}
			return is(r, "POST")
		}, `upload location leads to scheme "file"`},
		{"absolute location", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "POST") {
				f.SetUpload("mine", func([]byte) []byte { return nil })
				w.Header().Set("Location", f.HTTP.URL+f.Location("app", "mine", 0))
				w.WriteHeader(202)
			}
			return is(r, "POST")
		}, ""},
		{"upload stalls", 0, func(f *fake, w http.ResponseWriter, r *http.Request, n int) bool {
			if is(r, "PATCH") {
				f.Hang(r)
			}
			return is(r, "PATCH")
		}, "stalled: nothing moved for 100ms"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
				return r.URL.Path != "/v2/" && tt.fault(f, w, r, n)
			}
			o := Options{ChunkSize: tt.chunk}
			if strings.Contains(tt.wantErr, "stalled") {
				o.IdleTimeout = 100 * time.Millisecond
			}
			c, _ := f.client(o)
			b := blobOf(content)
			var open atomic.Int32
			b.Open = func() (io.ReadCloser, error) {
				open.Add(1)
				return closer{bytes.NewReader(content), func() { open.Add(-1) }}, nil
			}
			_, err := c.PushBlob(t.Context(), f.ref("app"), b)
			// net/http may close a body a moment after it has answered.
			for i := 0; open.Load() > 0 && i < 100; i++ {
				time.Sleep(10 * time.Millisecond)
			}
			if n := open.Load(); n != 0 {
				t.Errorf("%d sources left open", n)
			}
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error %v, want %q", err, tt.wantErr)
				}
				checkLine(t, err, f.Host())
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := f.Blob("app", b.Digest); !ok || !bytes.Equal(got, content) {
				t.Errorf("the registry has %d bytes", len(got))
			}
		})
	}
}

// closer calls close once when it is closed.
type closer struct {
	io.Reader
	close func()
}

func (c closer) Close() error {
	c.close()
	return nil
}

// noAnswerWriter is for an answer that gets lost.
type noAnswerWriter struct{ header http.Header }

func (w noAnswerWriter) Header() http.Header         { return w.header }
func (w noAnswerWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w noAnswerWriter) WriteHeader(int)             {}

// The state in a location's query goes back as it came.
func TestPushKeepsQuery(t *testing.T) {
	f := newFake(t)
	var queries []string
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.Method == http.MethodPatch || r.Method == http.MethodPut {
			queries = append(queries, r.URL.RawQuery)
		}
		return false
	}
	c, _ := f.client(Options{})
	b := blobOf(pattern(2 << 20))
	if _, err := c.PushBlob(t.Context(), f.ref("app"), b); err != nil {
		t.Fatal(err)
	}
	want := []string{"_state=a%2Fb0&z", "_state=a%2Fb2097152&z&digest=sha256%3A" + b.Digest.Hex()}
	if !slices.Equal(queries, want) {
		t.Errorf("queries %q, want %q", queries, want)
	}
}

// What can't be read is not the registry's fault, and not sent again.
func TestPushSourceFaults(t *testing.T) {
	errDisk := errors.New("disk fell out")
	for _, tt := range []struct {
		name    string
		open    func() (io.ReadCloser, error)
		wantErr string
	}{
		{"can't be opened", func() (io.ReadCloser, error) { return nil, errDisk }, "disk fell out"},
		{"can't be read", func() (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 1000)), errReader{errDisk})), nil
		}, "disk fell out"},
		{"shrank", fromBytes(make([]byte, 1000)), "content ends 2096152 bytes early"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			c, naps := f.client(Options{})
			_, err := c.PushBlob(t.Context(), f.ref("app"), Blob{Digest: digest.FromBytes(nil), Size: 2 << 20, Open: tt.open})
			if err == nil || !strings.Contains(err.Error(), tt.wantErr) || len(naps.all) > 0 {
				t.Errorf("error %v after %d retries, want %q", err, len(naps.all), tt.wantErr)
			}
		})
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

func TestPushManifest(t *testing.T) {
	content := []byte(manifestText)
	d := digest.FromBytes(content)
	for _, tt := range []struct {
		name    string
		ref     string
		content []byte
		fault   func(w http.ResponseWriter, r *http.Request, n int) bool
		wantErr string
	}{
		{name: "by tag", ref: "app:v1", content: content},
		{name: "by digest", ref: "app@" + d.String(), content: content},
		{name: "by another digest", ref: "app@" + sum, content: content, wantErr: "content has digest " + d.String()},
		{name: "not JSON", ref: "app:v1", content: []byte("<html>"), wantErr: "is not JSON"},
		{name: "too large", ref: "app:v1", content: bytes.Repeat([]byte(" "), MaxManifest+1), wantErr: "longer than 4194304"},
		{name: "media type refused", ref: "app:v1", content: content, wantErr: "400 Bad Request: MANIFEST_INVALID: unsupported media type",
			fault: func(w http.ResponseWriter, r *http.Request, n int) bool {
				registrytest.Refuse(w, 400, "MANIFEST_INVALID", "unsupported media type")
				return true
			}},
		{name: "wrong digest answered", ref: "app:v1", content: content, wantErr: "stored " + sum,
			fault: func(w http.ResponseWriter, r *http.Request, n int) bool {
				w.Header().Set("Docker-Content-Digest", sum)
				w.WriteHeader(201)
				return true
			}},
		{name: "503 twice", ref: "app:v1", content: content, fault: func(w http.ResponseWriter, r *http.Request, n int) bool {
			if n <= 2 {
				w.WriteHeader(503)
			}
			return n <= 2
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(t)
			f.Fault = tt.fault
			c, _ := f.client(Options{})
			got, err := c.PushManifest(t.Context(), f.ref(tt.ref), oci.MediaTypeManifest, tt.content)
			if tt.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
					t.Fatalf("error %v, want %q", err, tt.wantErr)
				}
				checkLine(t, err, f.Host())
				return
			}
			if err != nil || got != d {
				t.Fatalf("PushManifest = %v, %v", got, err)
			}
			if m, err := c.Manifest(t.Context(), f.ref(tt.ref)); err != nil || m.Digest != d || m.MediaType != oci.MediaTypeManifest {
				t.Errorf("pulled again: %v, %v", m, err)
			}
		})
	}
}

// An orderly end: the error is that of the context, and nothing is retried.
func TestPushCancelled(t *testing.T) {
	f := newFake(t)
	ctx, cancel := context.WithCancel(t.Context())
	f.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.Method == http.MethodPatch {
			cancel()
			f.Hang(r)
			return true
		}
		return false
	}
	c, naps := f.client(Options{})
	_, err := c.PushBlob(ctx, f.ref("app"), blobOf(pattern(2<<20)))
	if !errors.Is(err, context.Canceled) || len(naps.all) > 0 {
		t.Errorf("error %v after %d retries", err, len(naps.all))
	}
}

// TestTally: bytes of an attempt that was given up don't count, and neither do
// any after the end; one call at a time.
func TestTally(t *testing.T) {
	var last int64
	tally := tally{tell: func(sent int64) { last = sent }}
	first := tally.begin(0)
	first(10)
	second := tally.begin(5)
	first(100)
	second(2)
	tally.end()
	second(1000)
	if last != 7 {
		t.Errorf("%d bytes, want 7", last)
	}
	many := tally.begin(0)
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 1000 {
				many(1)
			}
		})
	}
	group.Wait()
	if last != 4000 {
		t.Errorf("%d bytes, want 4000", last)
	}
}

// TestKept: a registry may have kept less than was sent, and not more.
func TestKept(t *testing.T) {
	for _, tt := range []struct {
		answer string
		want   int64
	}{{"", 30}, {"0-24", 25}, {"0-29", 30}, {"0-30", 30}, {"0-99", 30}, {"0-19", 30}, {"0-20", 21}, {"x", 30}} {
		u := upload{offset: 20}
		u.kept(&http.Response{Header: http.Header{"Range": {tt.answer}}}, 10)
		if u.offset != tt.want || u.best != tt.want {
			t.Errorf("%q: at %d, want %d", tt.answer, u.offset, tt.want)
		}
	}
}
