package image

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"devops-go/internal/engine"
	"devops-go/internal/oci"
)

// fakeEngine answers with the texts by path, after the version.
func fakeEngine(t *testing.T, version string, answers map[string]string) *engine.Client {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", version)
		_, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		if platform := r.URL.Query().Get("platform"); platform != "" {
			path += "?" + platform
		}
		text, ok := answers[path]
		if !ok && r.URL.Path != "/_ping" {
			w.WriteHeader(http.StatusNotFound)
		}
		io.WriteString(w, text)
	}))
	t.Cleanup(s.Close)
	c, err := engine.New(engine.Endpoint{Host: strings.Replace(s.URL, "http://", "tcp://", 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

const held = `{"Id":"sha256:ab","RepoTags":["app:1"],"Size":70,"Os":"linux","Architecture":"amd64","Created":"2024-05-01T00:00:00Z",
	"Config":{"User":"1","Cmd":["sh"]},"RootFS":{"Layers":["sha256:1"]},"GraphDriver":{"Name":"overlay2","Data":{"UpperDir":"/x"}}}`

func TestDescribe(t *testing.T) {
	c := fakeEngine(t, "1.41", map[string]string{
		"images/app:1/json": held, "images/app:1/history": `[{"Id":"sha256:ab","CreatedBy":"COPY a /","Size":70}]`,
	})
	opts := Options{Engine: c}
	for _, reference := range []string{"docker-daemon:app:1", "app:1"} {
		d, err := Describe(t.Context(), reference, opts)
		if err != nil || d == nil {
			t.Fatalf("%s: %v, %v", reference, d, err)
		}
		if d.Held.Size != 70 || d.Held.Store() != "overlay2" || len(d.Steps) != 1 || d.Config.User != "1" || d.Platform.String() != "linux/amd64" || d.Created == nil {
			t.Errorf("%s: %+v", reference, d)
		}
	}
	// What isn't the engine's is left to others.
	for _, reference := range []string{"none", "docker://app:1", "oci:x", "-", "daemon_test.go", "./app:1"} {
		if d, err := Describe(t.Context(), reference, opts); d != nil || err != nil {
			t.Errorf("%s: %v, %v", reference, d, err)
		}
	}
	if _, err := Describe(t.Context(), "docker-daemon:none", opts); !errors.Is(err, engine.ErrNotFound) {
		t.Errorf("an image that isn't there: %v", err)
	}
	opts.Platform = oci.Platform{OS: "linux", Architecture: "arm64"}
	if _, err := Describe(t.Context(), "app:1", opts); err == nil || !strings.Contains(err.Error(), "holds no platform linux/arm64, only") {
		t.Errorf("another platform: %v", err)
	}
}

// An engine that can choose is told the platform.
func TestDescribePlatform(t *testing.T) {
	const arm = `?{"architecture":"arm64","os":"linux"}`
	c := fakeEngine(t, "1.51", map[string]string{
		"images/app:1/json": held, "images/app:1/history": `[]`,
		"images/app:1/json" + arm:    `{"Id":"sha256:cd","Os":"linux","Architecture":"arm64","Descriptor":{"digest":"sha256:` + strings.Repeat("cd", 32) + `"}}`,
		"images/app:1/history" + arm: `[{"Id":"sha256:cd"}]`,
	})
	d, err := Describe(t.Context(), "app:1", Options{Engine: c, Platform: oci.Platform{OS: "linux", Architecture: "arm64"}})
	if err != nil || d.Held.ID != "sha256:cd" || len(d.Steps) != 1 || d.Held.Store() != "containerd" {
		t.Errorf("%+v, %v", d, err)
	}
}

func TestSavedAs(t *testing.T) {
	image := engine.Image{ID: "sha256:abba0123", RepoTags: []string{"abba:latest", "x:1"}}
	untagged := engine.Image{ID: "sha256:abba0123"}
	for _, tt := range []struct {
		name string
		held engine.Image
		want string
	}{
		{"x:1", image, "x:1"},
		{"abba", image, "abba:latest"}, // a name before an ID, as the engine has it
		{"abba", untagged, "sha256:abba0123"},
		{"abba0123", image, "sha256:abba0123"},
		{"sha256:abba", image, "sha256:abba"},
		{"alpine", untagged, "alpine:latest"},
		{"localhost:5000/alpine", untagged, "localhost:5000/alpine:latest"},
		{"alpine@sha256:12", untagged, "alpine@sha256:12"},
	} {
		if got := savedAs(tt.name, tt.held); got != tt.want {
			t.Errorf("savedAs(%q) = %q, want %q", tt.name, got, tt.want)
		}
	}
}
