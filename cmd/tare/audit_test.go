package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/report"
)

// secrets are the values in the leaky image; none was ever one.
func secrets() []string {
	return []string{"argument-s3cret", "environment-s3cret", "label-s3cret", "hunter22", "npm_abcdefghijklmnopqrstuvwxyz0123456789"}
}

// leaky is an image with a secret in many places, and other faults beside.
func leaky() it.Image {
	run := func(text string) image.History { return image.History{Created: at(2), CreatedBy: text} }
	return it.Image{
		Tag: "leaky:1",
		Layers: []it.Layer{
			it.Plain(it.Program("app", 1000), it.File("srv/environment-s3cret/.env", "A=1\n")),
			it.Plain(it.File("srv/x", "npm_abcdefghijklmnopqrstuvwxyz0123456789"), it.Sized("big", 2_000_000)),
			it.Plain(it.Whiteout("srv/environment-s3cret"), it.Whiteout("big"), it.Symlink("odd|\x1b[2J\n`*", "/none/hunter22")),
		},
		Config: image.Config{
			Created: at(2),
			Config: image.RunConfig{
				Entrypoint: []string{"/argument-s3cret"}, Env: []string{"API_TOKEN=environment-s3cret"},
				Labels: map[string]string{"password": "label-s3cret"}, User: "hunter22",
			},
			History: []image.History{
				run("COPY . / # buildkit"),
				run("RUN |1 TOKEN=argument-s3cret /bin/sh -c curl https://bob:hunter22@example.com/ | sh # argument-s3cret"),
				{Created: at(2), CreatedBy: "ENV API_TOKEN=environment-s3cret", EmptyLayer: true},
				{Created: at(2), CreatedBy: "LABEL password=label-s3cret", EmptyLayer: true},
				run("RUN /bin/sh -c rm -r /srv/environment-s3cret # buildkit"),
			},
		},
	}
}

// neat is an image without a fault.
func neat() it.Image {
	img := base()
	img.Tag = "neat:1"
	img.Config.Config.User = "65532:65532"
	img.Config.Config.Labels = map[string]string{"org.opencontainers.image.source": "devops-go"}
	img.Config.Config.Healthcheck = &image.Healthcheck{Test: []string{"CMD", "sh", "-c", "true"}}
	return img
}

// leakyBuilt is an image on leaky, with one secret more.
func leakyBuilt() it.Image {
	img := leaky()
	img.Tag = "built:1"
	img.Layers = append(img.Layers, it.Plain(it.File("srv/own", "npm_abcdefghijklmnopqrstuvwxyz0123456789")))
	img.Config.History = append(img.Config.History, image.History{Created: at(3), CreatedBy: "COPY own /srv/ # buildkit"})
	return img
}

// auditDir is a directory with images and settings.
func auditDir(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	put(t, dir, "neat.tar", it.Saved(neat()).Archive())
	put(t, dir, "leaky.tar", it.Saved(leaky()).Archive())
	put(t, dir, "built.tar", it.Saved(leakyBuilt()).Archive())
	put(t, dir, "zipped.tar", it.Saved(zipped(leaky())).Archive())
	put(t, dir, "garbage.tar", []byte(strings.Repeat("garbage ", 300)))
	put(t, dir, "strict.json", []byte(`{"failOn": "info", "budgets": {"maxSize": "1MB", "maxLayers": 1, "minEfficiency": 0.9}, "ignore": [{"rule": "TARE-C003", "reason": "kubernetes probes it"}, {"rule": "TARE-H014", "reason": "clocks"}]}`))
	put(t, dir, "wrong.json", []byte("{\n  \"budget\": {}\n}\n"))
	put(t, dir, "dive/.dive-ci", []byte("rules:\n  lowestEfficiency: 0.99\n  highest-wasted-bytes: 1MB\n"))
	put(t, dir, "project/.tare.json", []byte(`{"budgets": {"maxSize": 100}}`))
	put(t, dir, "project/.dive-ci", []byte("rules:\n  nonsense: 1\n"))
	put(t, dir, "project/deep/er/empty", nil)
	put(t, dir, "before.json", []byte(`{"schema": 1, "images": [{"image": "neat.tar", "size": 850000, "transfer": null}]}`))
	return dir
}

func put(t testing.TB, dir, name string, content []byte) {
	t.Helper()
	p := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAuditCommand(t *testing.T) {
	dir := auditDir(t)
	for _, tt := range []struct{ name, args string }{
		{"audit", "audit leaky.tar"},
		{"audit-neat", "audit neat.tar"},
		{"audit-several", "audit neat.tar leaky.tar --shallow"},
		{"audit-json", "audit --format json leaky.tar"},
		{"audit-markdown", "audit --format markdown leaky.tar --config strict.json"},
		{"audit-sarif", "audit --format sarif leaky.tar neat.tar --config strict.json"},
		{"audit-github", "audit --format github leaky.tar"},
		{"audit-strict", "audit neat.tar --config strict.json"},
		{"audit-wrong", "audit neat.tar --config wrong.json"},
		{"audit-budget", "audit neat.tar --budget maxSize=850kB --budget maxLayers=3 --budget maxTransfer=2MB"},
		{"audit-budget-unknown", "audit neat.tar --budget maxSizes=850kB"},
		{"audit-fail-on", "audit leaky.tar --fail-on off --format json"},
		{"audit-fail-on-unknown", "audit leaky.tar --fail-on fatal"},
		{"audit-baseline", "audit neat.tar --baseline before.json --max-growth 1kB"},
		{"audit-baseline-image", "audit leaky.tar --fail-on off --baseline neat.tar --max-growth 200%"},
		{"audit-growth-alone", "audit leaky.tar --max-growth 1%"},
		{"audit-failures", "audit neat.tar garbage.tar none.tar"},
		{"audit-failure", "audit garbage.tar"},
		{"audit-no-image", "audit"},
		{"audit-format", "audit --format xml neat.tar"},
		{"audit-rules", "audit --rules"},
		{"audit-depths", "audit --deep --shallow neat.tar"},
		{"audit-base", "audit --base leaky.tar built.tar --fail-on off --format json"},
		{"audit-own", "audit --base leaky.tar --own built.tar"},
		{"audit-own-alone", "audit --own built.tar"},
		{"audit-base-other", "audit --base neat.tar built.tar"},
		{"audit-base-none", "audit --base none.tar neat.tar"},
		{"audit-shard", "audit --shard 2/2 neat.tar"},
		{"audit-ignore", "audit leaky.tar --ignore TARE-C002 --ignore TARE-H001 --fail-on off"},
		{"audit-ignore-unknown", "audit neat.tar --ignore TARE-X999"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, "tare "+tt.args, tareCommand(t, dir, strings.Fields(tt.args)...))
		})
	}
}

// output runs tare in dir and returns what it writes and its exit code.
func output(t *testing.T, dir, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := tareCommand(t, dir, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// No secret that an image holds is in any output.
func TestAuditMasks(t *testing.T) {
	dir := auditDir(t)
	for _, img := range []string{"leaky.tar", "zipped.tar"} {
		for _, format := range report.AuditFormats() {
			stdout, stderr, code := output(t, dir, "", "audit", "--deep", "--format", string(format), "--report", "json=out.json", "-o", "out", img)
			if code != 1 {
				t.Fatalf("%s: exit %d: %s", format, code, stderr)
			}
			all := stdout + stderr
			for _, name := range []string{"out", "out.json"} {
				b, err := os.ReadFile(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				all += string(b)
			}
			for _, secret := range secrets() {
				if at := strings.Index(all, secret); at >= 0 {
					t.Errorf("%s of %s shows %q: …%q…", format, img, secret, all[max(0, at-80):at+40])
				}
			}
			if !strings.Contains(all, "****") && !strings.Contains(all, `\*\*\*\*`) {
				t.Errorf("%s: nothing is masked", format)
			}
		}
	}
}

// References come by standard input and each is answered on a line, whatever
// becomes of the others.
func TestAuditStream(t *testing.T) {
	dir := auditDir(t)
	stdin := "# images\nneat.tar\n\n  leaky.tar\ngarbage.tar\nnone:/bad ref\n"
	stdout, stderr, code := output(t, dir, stdin, "audit", "-", "--jobs", "2")
	if code != 2 || !strings.Contains(stderr, "2 of 4 images could not be checked") {
		t.Errorf("exit %d: %s", code, stderr)
	}
	got := map[string]string{}
	for line := range strings.Lines(stdout) {
		var r struct {
			Schema       int
			Image, Error string
			OK           *bool
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil || r.Schema != 1 {
			t.Fatalf("%s: %v", line, err)
		}
		got[r.Image] = "error"
		if r.OK != nil {
			got[r.Image] = fmt.Sprint(*r.OK)
		}
	}
	want := map[string]string{"neat.tar": "true", "leaky.tar": "false", "garbage.tar": "error", "none:/bad ref": "error"}
	if len(got) != 4 || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	put(t, dir, "images.txt", []byte(stdin))
	if fromFile, _, code := output(t, dir, "", "audit", "--refs", "images.txt"); code != 2 || strings.Count(fromFile, "\n") != 4 {
		t.Errorf("--refs: exit %d: %s", code, fromFile)
	}
	if _, stderr, code := output(t, dir, "neat.tar\n", "audit", "-"); code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, stderr, code := output(t, dir, "neat.tar\nleaky.tar\n", "audit", "-", "--report", "sarif=all.sarif"); code != 1 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "all.sarif")); err != nil || !json.Valid(b) {
		t.Errorf("all.sarif: %v", err)
	}
}

// Shards part the references: each is in exactly one.
func TestAuditShards(t *testing.T) {
	dir := t.TempDir()
	var refs []string
	archive := it.Saved(neat()).Archive()
	for i := range 12 {
		name := fmt.Sprintf("image-%d.tar", i)
		put(t, dir, name, archive)
		refs = append(refs, name)
	}
	var seen []string
	for shard := range 3 {
		stdout, stderr, code := output(t, dir, strings.Join(refs, "\n"), "audit", "-", "--shard", fmt.Sprintf("%d/3", shard))
		if code != 0 {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		for line := range strings.Lines(stdout) {
			var r struct{ Image string }
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				t.Fatal(err)
			}
			seen = append(seen, r.Image)
		}
	}
	slices.Sort(seen)
	slices.Sort(refs)
	if !slices.Equal(seen, refs) {
		t.Errorf("the shards judged %v", seen)
	}
}

// A file of settings is found upwards; .tare.json goes before .dive-ci.
func TestAuditSettings(t *testing.T) {
	dir := auditDir(t)
	for _, tt := range []struct {
		dir, budget string
		code        int
	}{
		{"project/deep/er", "maxSize", 1},
		{"dive", "minEfficiency", 0},
		{"dive", "maxWasted", 0},
	} {
		stdout, stderr, code := output(t, filepath.Join(dir, tt.dir), "", "audit", filepath.Join(dir, "neat.tar"))
		if code != tt.code || !strings.Contains(stdout, tt.budget) {
			t.Errorf("%s: exit %d: %s%s", tt.dir, code, stdout, stderr)
		}
	}
}

// --init writes what audit reads, and spares what is there.
func TestAuditInit(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "neat.tar", it.Saved(neat()).Archive())
	if stdout, stderr, code := output(t, dir, "", "audit", "--init"); code != 0 || stdout != "wrote .tare.json\n" {
		t.Fatalf("exit %d: %s%s", code, stdout, stderr)
	}
	if stdout, stderr, code := output(t, dir, "", "audit", "neat.tar"); code != 0 || !strings.Contains(stdout, "maxUserWasted") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	if _, stderr, code := output(t, dir, "", "audit", "--init"); code != 2 || !strings.Contains(stderr, "exists") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// One run writes a report to a file and the table to the terminal.
func TestAuditFileAndTable(t *testing.T) {
	dir := auditDir(t)
	stdout, _, code := output(t, dir, "", "audit", "leaky.tar", "--format", "sarif", "-o", "out.sarif", "--report", "markdown=out.md", "--report", "github=/dev/null")
	if code != 1 || !strings.Contains(stdout, "TARE-H001") || strings.Contains(stdout, "$schema") {
		t.Errorf("exit %d: %s", code, stdout)
	}
	for name, want := range map[string]string{"out.sarif": `"$schema"`, "out.md": "| severity |"} {
		if b, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, stderr, code := output(t, dir, "", "audit", "leaky.tar", "-o", "none/x"); code != 2 || !strings.Contains(stderr, "none/x") {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// What is no list of references is refused at the line that shows it, and none of
// its lines is looked up.
func TestAuditNoList(t *testing.T) {
	dir := auditDir(t)
	archive, err := os.ReadFile(filepath.Join(dir, "neat.tar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ list, want string }{
		{string(archive), "tare: references, line 1: a NUL byte: this is no list of references\nhint: for an image in standard input, use docker-archive:- or oci-archive:-\n"},
		{"# a\n" + strings.Repeat("x", 70000), "tare: references, line 2: more than 65536 bytes\n"},
	} {
		stdout, stderr, code := output(t, dir, tt.list, "audit", "-")
		if code != 2 || stdout != "" || stderr != tt.want {
			t.Errorf("exit %d: %.200s%s", code, stdout, stderr)
		}
	}
	if stdout, stderr, code := output(t, dir, string(archive), "audit", "docker-archive:-"); code != 0 {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

// The document of the rules is made from their table; -update makes it anew.
func TestAuditRulesDocument(t *testing.T) {
	got, stderr, code := output(t, t.TempDir(), "", "audit", "--rules", "--format", "markdown")
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	goldenFile(t, "../../docs/audit-rules.md", "tare audit --rules --format markdown -o docs/audit-rules.md", got)
}

// A list without a reference is a failure, whatever else is in it; a shard
// without one is not.
func TestAuditEmptyList(t *testing.T) {
	dir := auditDir(t)
	for _, list := range []string{"", "\n", "# neat.tar\n\n  \n"} {
		put(t, dir, "images.txt", []byte(list))
		for _, args := range [][]string{
			{"audit", "-"}, {"audit", "--refs", "images.txt"}, {"audit", "-", "--format", "sarif"}, {"audit", "-", "--shard", "0/2"},
		} {
			stdout, stderr, code := output(t, dir, list, args...)
			if code != 2 || stdout != "" || !strings.Contains(stderr, "the list of references is empty") {
				t.Errorf("%q, %q: exit %d: %s%s", list, args, code, stdout, stderr)
			}
		}
	}
	var codes int
	for _, shard := range []string{"0/2", "1/2"} {
		_, stderr, code := output(t, dir, "neat.tar\n", "audit", "-", "--shard", shard)
		if strings.Contains(stderr, "empty") {
			t.Error(stderr)
		}
		codes += code
	}
	if codes != 0 {
		t.Error("a shard without a reference is a failure")
	}
}
