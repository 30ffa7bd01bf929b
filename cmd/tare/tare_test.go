package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/report"
)

var update = flag.Bool("update", false, "write the golden files anew")

// asTare makes the test binary be tare.
const asTare = "TARE_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asTare) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// tareCommand is tare, to be run in dir with a bare environment. TARE chooses
// another binary than the test's own, such as dist/tare.
func tareCommand(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self := os.Getenv("TARE")
	if self == "" {
		var err error
		if self, err = os.Executable(); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(self, args...)
	cmd.Dir = dir
	cmd.Env = []string{asTare + "=1", "HOME=" + dir, "TMPDIR=" + dir, "DOCKER_HOST=unix://" + dir + "/no.sock"}
	return cmd
}

func at(day int) *time.Time {
	t := time.Date(2024, 5, day, 10, 20, 30, 0, time.UTC)
	return &t
}

// base and app are two images that share a layer. In app a file is changed,
// one is removed, and a step of the history is missing.
func base() it.Image {
	return it.Image{
		Tag: "base:1",
		Layers: []it.Layer{it.Plain(
			it.Dir("bin"), it.Program("bin/busybox", 800_000), it.Symlink("bin/sh", "busybox"),
			it.Dir("etc"), it.File("etc/os-release", "ID=base\n"), it.Sized("etc/cache", 50_000),
		)},
		Config: image.Config{
			Created: at(1),
			Config:  image.RunConfig{Env: []string{"PATH=/bin"}, Cmd: []string{"sh"}},
			History: []image.History{
				{Created: at(1), CreatedBy: "/bin/sh -c #(nop) ADD file:0123 in / "},
				{Created: at(1), CreatedBy: `/bin/sh -c #(nop)  CMD ["sh"]`, EmptyLayer: true},
			},
		},
	}
}

func app() it.Image {
	img := base()
	img.Tag = "app:1"
	img.Layers = append(img.Layers,
		it.Plain(it.Dir("app"), it.Program("app/server", 2_000_000), it.File("etc/os-release", "ID=app\n")),
		it.Plain(it.Whiteout("etc/cache"), it.Link("app/alias", "app/server")),
		it.Plain(it.File("odd\nname|\x1b[2J", "x")),
	)
	img.Config.Created = at(2)
	img.Config.Config = image.RunConfig{
		User: "65532:65532", Env: []string{"PATH=/bin", "MODE=fast"}, Entrypoint: []string{"/app/alias"}, Cmd: []string{"serve"},
		ExposedPorts: map[string]struct{}{"8080/tcp": {}}, Labels: map[string]string{"a": "b"},
		Healthcheck: &image.Healthcheck{Test: []string{"CMD", "/app/server", "check"}, Interval: 30 * time.Second},
	}
	img.Config.History = append(img.Config.History,
		image.History{Created: at(2), CreatedBy: "COPY server /app/server # buildkit", Comment: "buildkit.dockerfile.v0"},
		image.History{Created: at(2), CreatedBy: "RUN |1 TOKEN=x /bin/sh -c rm /etc/cache \\\n\t&& ln /app/server /app/alias # buildkit"},
	)
	return img
}

func zipped(img it.Image) it.Image {
	for i, l := range img.Layers {
		img.Layers[i] = it.Layer{Tar: l.Tar, Blob: it.Gzip(l.Tar), MediaType: oci.MediaTypeLayerGzip}
	}
	return img
}

// unreadable is img with a layer in a compression that nobody knows.
func unreadable(img it.Image) it.Image {
	img.Layers[1] = it.Layer{Tar: img.Layers[1].Tar, Blob: []byte("made up"), MediaType: oci.MediaTypeLayer + "+lz9"}
	return img
}

// zstd is img with all layers but the first in zstd, the last of which claims to
// be gzip.
func zstd(img it.Image) it.Image {
	for i, l := range img.Layers[1:] {
		img.Layers[i+1] = it.Layer{Tar: l.Tar, Blob: it.Zstd(l.Tar), MediaType: oci.MediaTypeLayer + "+zstd"}
	}
	img.Layers[len(img.Layers)-1].MediaType = oci.MediaTypeLayerGzip
	return img
}

// gallery is a directory with the images that the commands are run on.
func gallery(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	write := func(name string, content []byte) {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("base.tar", it.Classic(base()).Archive())
	write("app.tar", it.Saved(app()).Archive())
	write("both.tar", it.Classic(base(), app()).Archive())
	archive := it.Classic(app()).Archive()
	write("cut.tar", archive[:len(archive)/2])
	write("empty.tar", nil)
	for name, content := range it.Layout(unreadable(app())) {
		write("unreadable/"+name, content)
	}
	for name, content := range it.Layout(zstd(app())) {
		write("zstd/"+name, content)
	}
	write("garbage.tar", []byte(strings.Repeat("garbage ", 300)))
	for name, content := range it.Layout(zipped(app())) {
		write("layout/"+name, content)
	}
	false1 := it.Layout(zipped(app()))
	for name, content := range false1 {
		if bytes.HasPrefix(content, []byte("\x1f\x8b")) {
			content[9] ^= 1 // the operating system in the header: still good gzip
			false1[name] = content
		}
	}
	for name, content := range false1 {
		write("false/"+name, content)
	}
	return dir
}

// TestCommands holds the whole output of the commands, messages and exit code
// included.
func TestCommands(t *testing.T) {
	dir := gallery(t)
	for _, tt := range []struct{ name, args string }{
		{"help", "help"},
		{"help-weigh", "help weigh"},
		{"help-compare", "compare -h"},
		{"no-command", ""},
		{"unknown-command", "weight x"},
		{"unknown-flag", "weigh --colour base.tar"},
		{"unknown-format", "weigh --format yaml base.tar"},
		{"no-image", "weigh"},
		{"too-many", "history base.tar app.tar"},
		{"weigh", "weigh app.tar"},
		{"weigh-json", "weigh app.tar --format json"},
		{"weigh-markdown", "weigh --format markdown base.tar layout"},
		{"weigh-several", "weigh base.tar app.tar layout docker-archive:both.tar:app:1"},
		{"weigh-net", "weigh --net /app/* app.tar"},
		{"weigh-cut", "weigh cut.tar"},
		{"weigh-garbage", "weigh garbage.tar"},
		{"weigh-empty", "weigh empty.tar"},
		{"weigh-no-directory", "weigh oci:none"},
		{"weigh-escape", "weigh ./\x1b[31m\u009bred.tar"},
		{"weigh-unreadable", "weigh unreadable"},
		{"weigh-unreadable-content", "weigh --content unreadable"},
		{"history-unreadable", "history --iso unreadable"},
		{"compare-unreadable", "compare unreadable base.tar"},
		{"tree-unreadable", "tree unreadable"},
		{"verify-unreadable", "verify unreadable"},
		{"weigh-zstd", "weigh zstd"},
		{"verify-zstd", "verify zstd"},
		{"copy-compression", "copy --compression none zstd oci:plain"},
		{"copy-compression-zstd", "copy --compression zstd base.tar oci:small"},
		{"weigh-several-in-one", "weigh both.tar"},
		{"weigh-missing", "weigh ./none.tar"},
		{"weigh-platform", "weigh --platform linux/arm64 layout"},
		{"weigh-max-size", "weigh --max-size 100kB base.tar"},
		{"weigh-max-files", "weigh --max-files 5 base.tar"},
		{"history", "history --iso app.tar"},
		{"history-json", "history --format json app.tar"},
		{"history-markdown", "history --iso --reverse --format markdown layout"},
		{"history-no-trunc", "history --iso --no-trunc --reverse layout"},
		{"history-template", "history --no-trunc --format {{.CreatedAt}}|{{.CreatedBy}}|{{.Size}}|{{json~.Comment}} app.tar"},
		{"history-template-2", "history --format {{.CreatedBy}}:{{.Size}}:{{.ID}} base.tar"},
		{"tree", "tree app.tar"},
		{"tree-layer", "tree --layer 3 app.tar"},
		{"tree-size", "tree --sort size --min-size 10kB --depth 1 app.tar"},
		{"tree-path", "tree layout /app"},
		{"tree-json", "tree --format json app.tar /etc"},
		{"tree-markdown", "tree --format markdown app.tar"},
		{"tree-missing", "tree app.tar /none"},
		{"tree-no-layer", "tree --layer 9 app.tar"},
		{"compare", "compare base.tar app.tar layout"},
		{"compare-json", "compare base.tar layout --format json --nodes 10 --pulls-per-day 5 --link 1Gbps"},
		{"compare-markdown", "compare --format markdown base.tar layout"},
		{"compare-one", "compare base.tar"},
		{"diff", "diff base.tar app.tar"},
		{"diff-json", "diff base.tar app.tar --format json"},
		{"diff-same", "diff app.tar layout"},
		{"verify", "verify layout"},
		{"verify-app", "verify app.tar"},
		{"verify-false", "verify false"},
		{"verify-json", "verify --format json false"},
		{"completion-bash", "completion bash"},
		{"completion-zsh", "completion zsh"},
		{"completion-fish", "completion fish"},
		{"completion-other", "completion csh"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := strings.Fields(tt.args)
			for i := range args {
				args[i] = strings.ReplaceAll(args[i], "~", " ")
			}
			cmd := tareCommand(t, dir, args...)
			golden(t, tt.name, "tare "+report.Escape(tt.args), cmd)
		})
	}
}

// golden compares what cmd does with the golden file name.
func golden(t *testing.T, name, title string, cmd *exec.Cmd) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	got := fmt.Sprintf("$ %s\n%s--- stderr\n%s--- exit %d\n", title, &stdout, &stderr, cmd.ProcessState.ExitCode())
	goldenFile(t, filepath.Join("testdata", name+".golden"), title, got)
}

// goldenFile compares what was made with the file, or makes the file anew.
func goldenFile(t *testing.T, file, title, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s\n got:\n%s\nwant:\n%s", title, got, want)
	}
}
