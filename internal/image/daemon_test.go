package image

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"devops-go/internal/digest"
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

// A file or a directory that is in a name's way is named as the reason.
func TestInTheWay(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("alpine", 0o755), os.WriteFile("busybox", []byte("no image"), 0o644)); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"alpine": "alpine: the directory of that name here: ", "busybox": "busybox: the file of that name here: ", "./busybox": "./busybox: not a tar archive",
	} {
		_, err := Open(t.Context(), name, Options{})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s…", name, err, want)
		}
		shadow, ok := errors.AsType[*ShadowError](err)
		if ok != (name[0] != '.') || ok && shadow.Name != name {
			t.Errorf("%s: %+v", name, shadow)
		}
	}
}

func TestSelectTag(t *testing.T) {
	one, two := candidate{}, candidate{}
	one.Digest, two.Digest = digest.FromBytes([]byte("1")), digest.FromBytes([]byte("2"))
	one.root, two.root = one.Descriptor, two.Descriptor
	list := []candidate{one, two}
	for _, name := range []string{"@" + two.Digest.Short(), "@" + two.Digest.String(), two.Digest.String()} {
		if got, err := selectTag(list, name, OCI); err != nil || len(got) != 1 || got[0].Digest != two.Digest {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	_, err := selectTag(list, "", OCI)
	several, _ := errors.AsType[*SeveralError](err)
	if several == nil || several.Transport != OCI || several.Names[0] != "@"+one.Digest.Short() {
		t.Errorf("two images: %v", err)
	}
	if _, err := selectTag(list, "@nope", OCI); err == nil || !strings.Contains(err.Error(), `only "@`+one.Digest.Short()+`", "@`) {
		t.Errorf("no such digest: %v", err)
	}
	again := one
	one.tags, again.tags = []string{"a"}, []string{"b"}
	if got, err := selectTag([]candidate{one, again}, "", OCI); err != nil || len(got) == 0 {
		t.Errorf("one image of two names: %v, %v", got, err)
	}
}

func TestDaemonReference(t *testing.T) {
	for _, s := range []string{"docker-daemon:alpine:3.20", "docker-daemon://alpine:3.20"} {
		if r, err := ParseReference(s); err != nil || r.Name != "alpine:3.20" || r.Transport != Daemon {
			t.Errorf("%s: %+v, %v", s, r, err)
		}
	}
}

// Two indexes without names are two images, as crane pull --format oci leaves
// them; entries of index.json with a platform and no name are one image's.
func TestSeveralNameless(t *testing.T) {
	of := func(root, manifest string) (c candidate) {
		c.Digest, c.root.Digest = digest.FromBytes([]byte(manifest)), digest.FromBytes([]byte(root))
		c.Platform = &oci.Platform{OS: "linux", Architecture: manifest}
		return c
	}
	plain := of("3", "3")
	plain.Platform = nil
	for _, tt := range []struct {
		list []candidate
		want int // names to choose from
	}{
		{[]candidate{of("i", "1"), of("i", "2")}, 0},
		{[]candidate{of("1", "1"), of("2", "2")}, 0},
		{[]candidate{of("i", "1"), of("i", "2"), of("k", "1")}, 2},
		{[]candidate{plain, of("i", "1"), of("i", "2")}, 2},
		{[]candidate{plain, of("1", "1"), of("2", "2")}, 3},
	} {
		_, err := selectTag(tt.list, "", OCI)
		var names []string
		if several, ok := errors.AsType[*SeveralError](err); ok {
			names = several.Names
		}
		if len(names) != tt.want {
			t.Errorf("%d entries: names %q, want %d", len(tt.list), names, tt.want)
		}
		for _, name := range names {
			if _, err := selectTag(tt.list, name, OCI); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
