package provenance_test

import (
	"os"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/provenance"
)

// The statements in testdata are those that BuildKit 0.34.2 wrote of one
// Dockerfile, which is in those of mode=max, taken out of the archives and
// indented:
//
//	buildctl build --frontend dockerfile.v0 --local context=. --local dockerfile=. \
//	  --oci-layout base=alpine --opt context:alpine:3.20=oci-layout://base@sha256:… \
//	  --opt build-arg:VERSION=1.2 --opt vcs:source=https://github.com/example/app --opt vcs:revision=4b22… \
//	  --opt attest:provenance=mode=max,version=v1,builder-id=https://ci.example/run/7 --output type=oci,dest=v1-max.tar
var layers = []string{
	"d4e6fd67dcf75e40c451560ac7265166c2b72a0f38ddc9aae756a7de3d1efa0c",
	"baa5148776b4b29b619310271ab156fd345798ca0512b1f733689831d947baec",
	"9ffb2bce11ced8e5f8d35729eac9cf3050b916fc31afeb63bae56db5fa49ba4b",
	"2d2f187d910914e94fa0ca3bd650f30484297c90d8bed0a03e69b6019376e789",
	"02c3e73e582f12d9bb61ef7f389e6a48d9110a868e5c6d2e283949b7f7946fed",
	"c74e6209cb5a182efde2803bdc66caaad1ef8a72722658b8fb335359dec6e7fc",
}

func layerDigests(t testing.TB) []digest.Digest {
	var list []digest.Digest
	for _, hex := range layers {
		d, err := digest.Parse("sha256:" + hex)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

func read(t testing.TB, name string) *provenance.Statement {
	t.Helper()
	raw, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := provenance.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const alpine = "alpine:3.20@sha256:362f5f85ad9b00d044a394f1ad0b2c58ef9e58a5379a2f7be20386bc8fa56edc"

// TestParse: both versions say the same, and mode=min less of it.
func TestParse(t *testing.T) {
	for _, name := range []string{"v1-max", "v0.2-max", "v1-min"} {
		s := read(t, name)
		if got := s.Source.String(); got != "https://github.com/example/app@4b220de5058abfd01ff619c9d2ff6b09a049bea0" || !s.Source.Claimed {
			t.Errorf("%s: source %q, claimed %v", name, got, s.Source.Claimed)
		}
		if s.Builder != "https://ci.example/run/7" {
			t.Errorf("%s: builder %q", name, s.Builder)
		}
		if images := s.Images(); len(images) != 1 || images[0].String() != alpine {
			t.Errorf("%s: images %v", name, images)
		}
		if got := s.Fetched("http://127.0.0.1:18099/archive.txt"); got != "sha256:c5acc4ae7d85cda11df11e6bc0c06ab55bffbd2b3db121d0a9e3ebb98bd98cac" {
			t.Errorf("%s: fetched %q", name, got)
		}
		if got := s.Fetched("http://127.0.0.1:18099/other.txt"); got != "" {
			t.Errorf("%s: fetched another: %q", name, got)
		}
		wantArguments, wantFiles := 1, 1
		if name == "v1-min" {
			wantArguments, wantFiles = 0, 0
		}
		if len(s.Arguments) != wantArguments || wantArguments > 0 && s.Arguments[0] != (provenance.Argument{Name: "VERSION", Value: "1.2"}) {
			t.Errorf("%s: arguments %v", name, s.Arguments)
		}
		if len(s.Files) != wantFiles || wantFiles > 0 && !strings.HasPrefix(s.Files[0].Content, "# How the statements") {
			t.Errorf("%s: files %v", name, s.Files)
		}
	}
}

// TestLayers: what the layers were made by, and which are the base's.
func TestLayers(t *testing.T) {
	all := layerDigests(t)
	for _, name := range []string{"v1-max", "v0.2-max"} {
		s := read(t, name)
		if base := s.Base(all); base == nil || base.Name != "docker.io/library/"+alpine || base.Layers != 1 {
			t.Errorf("%s: base %+v", name, base)
		}
		if base := s.Base(all[1:]); base != nil {
			t.Errorf("%s: base of others %+v", name, base)
		}
		for i, want := range []provenance.Place{
			1: {Line: 9, Text: "ADD http://127.0.0.1:18099/archive.txt /archive.txt"},
			2: {Line: 10, Text: "COPY --from=build /out /out"},
			3: {Line: 11, Text: "COPY --link Dockerfile /Dockerfile"},
			4: {Line: 12, Text: "RUN <<EOT\necho one >/one\necho two >/two\nEOT"},
			5: {Line: 16, Text: "WORKDIR /work"},
		} {
			got := s.Place(all[i])
			if want.File = "Dockerfile"; i > 0 && (got == nil || *got != want) {
				t.Errorf("%s: layer %d: %+v, want %+v", name, i, got, want)
			}
		}
	}
	if s := read(t, "v1-min"); s.Base(all) != nil || s.Place(all[1]) != nil {
		t.Error("mode=min says what it can't know")
	}
}

// made is a statement with a few more things than those of testdata.
const made = `{"predicateType":"https://slsa.dev/provenance/v1","predicate":{
"buildDefinition":{
 "externalParameters":{
  "configSource":{"uri":"https://github.com/example/app.git#refs/heads/main","digest":{"sha1":"4b220de5058abfd01ff619c9d2ff6b09a049bea0"},"path":"docker/Dockerfile"},
  "request":{"frontend":"gateway.v0","args":{"source":"example.org/frontend:1","build-arg:B":"2","build-arg:A":"1","label:x":"y"}}},
 "internalParameters":{"buildConfig":{"llbDefinition":[{"id":"step0","op":{"Op":{"source":{"identifier":"docker-image://docker.io/library/base:1"}}}}]}},
 "resolvedDependencies":[
  {"uri":"pkg:docker/docker/dockerfile@1","digest":{"sha256":"00"}},
  {"uri":"pkg:docker/example.org/frontend@1","digest":{"sha256":"01"}},
  {"uri":"pkg:docker/library%2Fbase@1?platform=linux%2Famd64","digest":{"sha256":"02"}},
  {"uri":"pkg:docker/example/bundle@1?ref_type=blob","digest":{"sha256":"03"}},
  {"uri":"https://github.com/example/lib.git#refs/tags/v1","digest":{"sha1":"04"}},
  {"uri":"pkg:docker/nodigest"}]},
"runDetails":{"metadata":{"buildkit_metadata":{
 "source":{"infos":[{"filename":"Dockerfile","data":"RlJPTSBiYXNlOjEK"}],
  "locations":{"step0":{"locations":[{"sourceIndex":7},{"ranges":[{"start":{"line":1},"end":{"line":1}}]}]},"step1":{"locations":[{"ranges":[{"start":{"line":-1},"end":{"line":900}}]}]}}},
 "layers":{"step0:0":[[{"digest":"sha256:d4e6fd67dcf75e40c451560ac7265166c2b72a0f38ddc9aae756a7de3d1efa0c"},{"digest":"sha256:baa5148776b4b29b619310271ab156fd345798ca0512b1f733689831d947baec"}],[]],
  "step1:0":[[{"digest":"sha256:c74e6209cb5a182efde2803bdc66caaad1ef8a72722658b8fb335359dec6e7fc"}]]}}}}}}`

func TestMade(t *testing.T) {
	s, err := provenance.Parse([]byte(made))
	if err != nil {
		t.Fatal(err)
	}
	all := layerDigests(t)
	if got := s.Source; got.String() != "https://github.com/example/app.git#refs/heads/main@4b220de5058abfd01ff619c9d2ff6b09a049bea0" || got.Claimed || got.Path != "docker/Dockerfile" {
		t.Errorf("source %+v", got)
	}
	var images []string
	for _, m := range s.Images() {
		images = append(images, m.String())
	}
	if got := strings.Join(images, " "); got != "library/base:1@sha256:02 nodigest" {
		t.Errorf("images %s", got)
	}
	if got := s.Fetched("https://github.com/example/lib.git#v1"); got != "sha1:04" {
		t.Errorf("repository: %q", got)
	}
	if len(s.Arguments) != 2 || s.Arguments[0].Name != "A" {
		t.Errorf("arguments %v", s.Arguments)
	}
	if base := s.Base(all); base == nil || base.Layers != 2 {
		t.Errorf("base %+v", base)
	}
	for i := range 2 {
		if got := s.Place(all[i]); got == nil || *got != (provenance.Place{File: "Dockerfile", Line: 1, Text: "FROM base:1", Base: true}) {
			t.Errorf("layer %d: %+v", i, got)
		}
	}
	if got := s.Place(all[5]); got != nil {
		t.Errorf("a line that isn't there: %+v", got)
	}
	s.Redact(func(string) string { return "*" })
	if got := s.Place(all[0]); got.Text != "*" || s.Arguments[0].Value != "*" || s.Files[0].Content != "*" || s.Source.URI != "*" {
		t.Errorf("not masked: %+v", s)
	}
}

func TestWrong(t *testing.T) {
	for raw, want := range map[string]string{
		`{`: "unexpected end",
		`{"predicateType":"https://spdx.dev/Document","predicate":{}}`:                                  "known are",
		`{"predicateType":"https://slsa.dev/provenance/v1","predicate":[]}`:                             "cannot unmarshal",
		`{"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"materials":[{"digest":1}]}}`: "cannot unmarshal",
	} {
		if _, err := provenance.Parse([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", raw, err, want)
		}
	}
}

// FuzzParse: no statement gives a base more layers than there are, or a place
// outside a file.
func FuzzParse(f *testing.F) {
	f.Add([]byte(made))
	for _, name := range []string{"v1-max", "v0.2-max", "v1-min"} {
		raw, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	all := layerDigests(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := provenance.Parse(raw)
		if err != nil {
			return
		}
		if base := s.Base(all); base != nil && (base.Layers < 1 || base.Layers > len(all)) {
			t.Errorf("base %+v", base)
		}
		for _, d := range all {
			if p := s.Place(d); p != nil && p.Line < 1 {
				t.Errorf("place %+v", p)
			}
		}
		s.Images()
		s.Fetched("https://example.org/a")
	})
}
