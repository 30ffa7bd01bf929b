//go:build docker

package test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/testpki"
)

// The budgets of the scratch image, in bytes.
const (
	maxSize = 5_300_000
	maxGzip = 2_300_000
)

// A file is a regular file of a layer.
type file struct {
	header *tar.Header
	data   []byte
}

// layersOf reads an image as the engine saves it: the entries of each layer.
func layersOf(t *testing.T, image string) (layers []map[string]file) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	Docker(t, "save", "-o", path, image)
	archive, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	blobs := entries(t, archive)
	var manifest []struct{ Layers []string }
	if err := json.Unmarshal(blobs["manifest.json"].data, &manifest); err != nil {
		t.Fatal(err)
	}
	for _, name := range manifest[0].Layers {
		layers = append(layers, entries(t, plain(t, blobs[name].data)))
	}
	return layers
}

// plain returns the uncompressed layer: containerd's store saves what it keeps.
func plain(t *testing.T, layer []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(layer))
	if err != nil {
		return layer
	}
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func entries(t *testing.T, archive []byte) map[string]file {
	t.Helper()
	files := map[string]file{}
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = file{h, data}
	}
}

func TestScratchIsOneFile(t *testing.T) {
	all := layersOf(t, Image("scratch"))
	if len(all) != 1 || len(all[0]) != 1 || len(all[0]["app"].data) == 0 {
		t.Fatalf("%d layers, the first with %d entries; want one with app alone", len(all), len(all[0]))
	}
	if mode := all[0]["app"].header.Mode & 0o777; mode&0o555 != 0o555 {
		t.Errorf("app has mode %o", mode)
	}
	for _, line := range strings.Split(Docker(t, "history", "--no-trunc", "--human=false", "--format", "{{.Size}} {{.CreatedBy}}", Image("scratch")), "\n") {
		if !strings.HasPrefix(line, "0 ") && !strings.Contains(line, "COPY /app /app") {
			t.Errorf("history has %s", line)
		}
	}
}

func TestBudgets(t *testing.T) {
	size, err := strconv.Atoi(Docker(t, "image", "inspect", "-f", "{{.Size}}", Image("scratch")))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	gz, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	gz.Write(layersOf(t, Image("scratch"))[0]["app"].data)
	gz.Close()
	most := maxSize
	if Containerd(t) {
		most += maxGzip + 3*4096 // it says what is compressed and unpacked, in blocks, together
	}
	t.Logf("%d bytes, of %d; %d by gzip -9, of %d", size, most, packed.Len(), maxGzip)
	if size > most || packed.Len() > maxGzip {
		t.Error("over budget")
	}
}

func TestSameBytesEverywhere(t *testing.T) {
	dist, err := os.ReadFile("../dist/app")
	if err != nil {
		t.Fatal(err)
	}
	for _, tag := range []string{"scratch", "alpine", "single-stage"} {
		found := false
		for _, layer := range layersOf(t, Image(tag)) {
			if app, ok := layer["app"]; ok {
				found = true
				if !bytes.Equal(app.data, dist) {
					t.Errorf("%s: /app has %d bytes and differs from dist/app with %d", tag, len(app.data), len(dist))
				}
			}
		}
		if !found {
			t.Errorf("%s: no /app", tag)
		}
	}
}

func TestMetadata(t *testing.T) {
	for tag, user := range map[string]string{"scratch": "65532:65532", "alpine": "1000:1000"} {
		for format, want := range map[string]string{
			"{{.Config.User}}":                                          user,
			"{{json .Config.Entrypoint}}":                               `["/app"]`,
			"{{json .Config.Healthcheck.Test}}":                         `["CMD","/app","healthcheck"]`,
			"{{json .Config.ExposedPorts}}":                             `{"8000/tcp":{}}`,
			"{{len .Config.Labels}}":                                    "6",
			`{{index .Config.Labels "org.opencontainers.image.title"}}`: "devops-info-service",
		} {
			if got := Docker(t, "image", "inspect", "-f", format, Image(tag)); got != want {
				t.Errorf("%s: %s is %s, want %s", tag, format, got, want)
			}
		}
	}
}

func TestHardened(t *testing.T) {
	for _, tag := range []string{"scratch", "alpine"} {
		c := Run(t, "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
			"--user", "12345:54321", "--memory", "64m", "--cpus", "0.5", "-e", "PORT=9000", Image(tag))
		c.WaitHealthy()
		body, err := c.Exec("/app", "get", "http://localhost:9000/")
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			System struct {
				UID      int     `json:"uid"`
				GID      int     `json:"gid"`
				ReadOnly bool    `json:"read_only_root"`
				Quota    float64 `json:"cpu_quota"`
				Memory   int     `json:"memory_limit_bytes"`
				Version  string  `json:"platform_version"`
			}
		}
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
		if s := doc.System; s.UID != 12345 || s.GID != 54321 || !s.ReadOnly || s.Quota != 0.5 || s.Memory != 64<<20 {
			t.Errorf("%s: system is %+v", tag, s)
		}
		if prefix := map[string]string{"scratch": "Linux ", "alpine": "Alpine Linux v"}[tag]; !strings.HasPrefix(doc.System.Version, prefix) {
			t.Errorf("%s: platform_version is %q", tag, doc.System.Version)
		}
		limit := fmt.Sprintf("\ngo_gc_gomemlimit_bytes %g\n", float64(64<<20/10*9))
		if metrics, err := c.Exec("/app", "get", "http://localhost:9000/metrics"); err != nil || !strings.Contains(metrics, limit) {
			t.Errorf("%s: no line%sin /metrics, %v", tag, limit, err)
		}
		if status := c.StopStatus(); status != "0" {
			t.Errorf("%s: docker stop: exit status %s", tag, status)
		}
	}
}

func TestCommandsInScratch(t *testing.T) {
	c := Run(t, Image("scratch"))
	c.WaitListening()
	for _, tt := range []struct {
		args, want string
		status     int
	}{
		{"healthcheck", "", 0},
		{"info", `"name":"devops-info-service"`, 0},
		{"version", "devops-info-service ", 0},
		{"get -v http://127.0.0.1:8000/health", `"healthy"`, 0},
		{"get http://127.0.0.1:8000/nope", `"Not Found"`, 1},
		{"dns localhost", "127.0.0.1", 0},
		{"dns -timeout 1s no-such-name.invalid", "", 3},
		{"tcp 127.0.0.1:8000", "connected to 127.0.0.1:8000", 0},
		{"tcp 127.0.0.1:1", "", 4},
		{"tls 127.0.0.1:8000", "", 2},
		{"roots -check", "embedded, Mozilla's of", 0},
		{"help", "usage: app", 0},
	} {
		out, err := c.Exec(append([]string{"/app"}, strings.Fields(tt.args)...)...)
		if status := exitStatus(err); status != tt.status || !strings.Contains(out, tt.want) {
			t.Errorf("exec /app %s: status %d, want %d: %s%v", tt.args, status, tt.status, out, err)
		}
	}
	if out := Docker(t, "run", "--rm", Image("scratch"), "version"); !strings.Contains(out, "go        go1.") {
		t.Errorf("docker run IMAGE version: %s", out)
	}
	if _, err := c.Exec("/bin/sh", "-c", "true"); err == nil {
		t.Error("there is a shell")
	}
}

func TestTLSInScratch(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	testpki.Write(t, dir)
	c := Run(t, "-v", dir+":/pki:ro", "-e", "TLS_CERT_FILE=/pki/cert.pem", "-e", "TLS_KEY_FILE=/pki/key.pem",
		"-e", "EXTRA_CA_FILE=/pki/ca.pem", "-e", "PORT=8443", Image("scratch"))
	c.WaitHealthy()
	if out, err := c.Exec("/app", "get", "https://localhost:8443/health"); err != nil || !strings.Contains(out, "healthy") {
		t.Errorf("%s%v", out, err)
	}
	out, err := c.Exec("/app", "tls", "localhost:8443")
	if err != nil || !strings.Contains(out, "trusted by /pki/ca.pem") {
		t.Errorf("%s%v", out, err)
	}
	out, err = c.Exec("/app", "roots")
	if err != nil || !strings.Contains(out, "1 roots  /pki/ca.pem (EXTRA_CA_FILE)") || !strings.Contains(out, "embedded") {
		t.Errorf("%s%v", out, err)
	}
	if status := c.StopStatus(); status != "0" {
		t.Errorf("docker stop: exit status %s", status)
	}
}

func TestAlpineHasWhatScratchLacks(t *testing.T) {
	c := Run(t, Image("alpine"))
	c.WaitHealthy()
	if out, err := c.Exec("id", "-u"); err != nil || out != "1000" {
		t.Errorf("id -u: %s %v", out, err)
	}
	out, err := c.Exec("/app", "roots")
	if err != nil || !strings.Contains(out, "/etc/ssl/cert") || !strings.Contains(out, "embedded") {
		t.Errorf("roots: %s %v", out, err)
	}
}

// exitStatus takes the status out of TryDocker's error.
func exitStatus(err error) int {
	if err == nil {
		return 0
	}
	var status interface{ ExitCode() int }
	if errors.As(err, &status) {
		return status.ExitCode()
	}
	panic(fmt.Sprint("not an exit status: ", err))
}
