package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/digest"
	it "devops-go/internal/imagetest"
)

// attested writes an archive of app with provenance of mode=max: its first layer
// is a base's, its second came of line 3.
func attested(t *testing.T, dir, token string) {
	t.Helper()
	f := it.Files{}
	img := app()
	d := f.Manifest(img)
	chain := func(n int) string {
		var list []string
		for _, l := range img.Layers[:n] {
			list = append(list, fmt.Sprintf(`{"digest":%q}`, digest.FromBytes(l.Tar)))
		}
		return "[[" + strings.Join(list, ",") + "]]"
	}
	dockerfile := "FROM base:1\nARG TOKEN=" + token + "\nCOPY --from=build \\\n  server /app/server\nRUN TOKEN=" + token + " \\\n  make\n"
	statement := `{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{
		"externalParameters":{"configSource":{"uri":"https://git.example/app.git#main","digest":{"sha1":"4b220de5058abfd01ff619c9d2ff6b09a049bea0"}},"request":{"args":{"build-arg:TOKEN":"` + token + `"}}},
		"internalParameters":{"buildConfig":{"llbDefinition":[{"id":"step0","op":{"Op":{"source":{"identifier":"docker-image://docker.io/library/base:1@sha256:00"}}}}]}},
		"resolvedDependencies":[{"uri":"pkg:docker/base@1","digest":{"sha256":"00"}}]},
		"runDetails":{"builder":{"id":"https://ci.example/run/7"},"metadata":{"buildkit_metadata":{
		"source":{"infos":[{"filename":"Dockerfile","data":"` + base64.StdEncoding.EncodeToString([]byte(dockerfile)) + `"}],
			"locations":{"step0":{"locations":[{"ranges":[{"start":{"line":1},"end":{"line":1}}]}]},"step1":{"locations":[{"ranges":[{"start":{"line":3},"end":{"line":4}}]}]},"step2":{"locations":[{"ranges":[{"start":{"line":5},"end":{"line":6}}]}]}}},
		"layers":{"step0:0":` + chain(1) + `,"step1:0":` + chain(2) + `,"step2:0":` + chain(3) + `}}}}}}`
	f.Index(f.Nested("app:1", d, f.Attest(d, statement)))
	if err := os.WriteFile(filepath.Join(dir, "attested.tar"), f.Archive(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestProvenance: what is attested stands beside the history and the weight, and
// secrets in it are masked where that is asked for.
func TestProvenance(t *testing.T) {
	const token = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	dir := t.TempDir()
	attested(t, dir, token)
	for _, tt := range []struct{ name, args string }{
		{"provenance-history", "history --iso --mask attested.tar"},
		{"provenance-history-json", "history --iso --mask --format json attested.tar"},
		{"provenance-weigh", "weigh attested.tar"},
		{"provenance-verify", "verify attested.tar"},
	} {
		cmd := tareCommand(t, dir, strings.Fields(tt.args)...)
		cmd.Env = append(cmd.Env, "COLUMNS=150")
		golden(t, tt.name, "tare "+tt.args, cmd)
	}
	if out, _, _ := output(t, dir, "", "history", "--mask", "--no-trunc", "attested.tar"); strings.Contains(out, token) || !strings.Contains(out, "RUN TOKEN=") {
		t.Errorf("not masked: %s", out)
	}
	if out, _, _ := output(t, dir, "", "history", "--no-trunc", "attested.tar"); !strings.Contains(out, "RUN TOKEN="+token+" make") {
		t.Errorf("not shown: %s", out)
	}
}
