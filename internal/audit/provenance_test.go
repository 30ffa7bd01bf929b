package audit

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// attested opens an image with that statement about it.
func attested(t *testing.T, img it.Image, statement string) *image.Image {
	t.Helper()
	f := it.Files{}
	d := f.Manifest(img)
	f.Index(f.Nested("app:1", d, f.Attest(d, statement)))
	opened, err := image.Open(t.Context(), "oci:"+f.Dir(t), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

// statement is provenance with materials, arguments and a Dockerfile.
func statement(materials, arguments, dockerfile string) string {
	return fmt.Sprintf(`{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"resolvedDependencies":[%s],
		"externalParameters":{"request":{"frontend":"dockerfile.v0","args":{%s}}}},
		"runDetails":{"metadata":{"buildkit_metadata":{"source":{"infos":[{"filename":"Dockerfile","data":%q}]}}}}}}`,
		materials, arguments, base64.StdEncoding.EncodeToString([]byte(dockerfile)))
}

// TestProvenanceAdd: what ADD fetched is known where the provenance has a digest.
func TestProvenanceAdd(t *testing.T) {
	for _, source := range []string{"https://example.com/a.txt", "https://example.com/lib.git#v1"} {
		img := with(image.History{Created: at(2), CreatedBy: "ADD " + source + " /a # buildkit"}, files(it.File("a", "x")))
		for materials, want := range map[string]int{
			`{"uri":"https://example.com/a.txt","digest":{"sha256":"00"}},{"uri":"https://example.com/lib.git#refs/tags/v1","digest":{"sha1":"00"}}`: 0,
			`{"uri":"https://example.com/b.txt","digest":{"sha256":"00"}}`:                                                                           1,
			`{"uri":"https://example.com/a.txt"}`:                                                                                                    1,
		} {
			r, err := Image(t.Context(), attested(t, img, statement(materials, "", "")), Options{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			if got := len(of(r, "TARE-H006")); got != want {
				t.Errorf("%s, %s: %d findings, want %d", source, materials, got, want)
			}
		}
	}
}

// TestProvenanceSecrets: a build argument that no step used is recorded all the
// same, and so is the Dockerfile with its comments.
func TestProvenanceSecrets(t *testing.T) {
	const token, other = "ghp_0123456789abcdefghijABCDEFGHIJ012345", "ghp_zyxwvutsrqponmlkjihg0123456789ABCDEF"
	r, err := Image(t.Context(), attested(t, clean(), statement("", `"build-arg:TOKEN":"`+token+`","build-arg:VERSION":"1.2"`, "FROM scratch\n# was "+other+"\n")), Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if got := of(r, "TARE-H002"); len(got) != 1 || !strings.Contains(got[0].Message, "build argument TOKEN is a secret") {
		t.Errorf("build arguments: %+v", got)
	}
	if got := of(r, "TARE-H017"); len(got) != 1 || !strings.Contains(got[0].Message, "Dockerfile") {
		t.Errorf("Dockerfile: %+v", got)
	}
	wantLeak(t, "argument", r, token)
	wantLeak(t, "Dockerfile", r, other)
}

// TestProvenanceBase: mode=min names the image of a base whose layers are
// guessed, if there is only one.
func TestProvenanceBase(t *testing.T) {
	img := with(image.History{Created: at(1), CreatedBy: `CMD ["sh"]`, EmptyLayer: true}, copied("x /"), files(it.File("x", "x")))
	const alpine = `{"uri":"pkg:docker/alpine@3.20?platform=linux%2Famd64","digest":{"sha256":"00"}}`
	for materials, want := range map[string]string{
		alpine: "alpine:3.20@sha256:00",
		alpine + `,{"uri":"pkg:docker/golang@1.26","digest":{"sha256":"01"}}`: "",
	} {
		opened := attested(t, img, statement(materials, "", ""))
		guessed := guessBase(opened)
		r, err := Image(t.Context(), opened, Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if guessed == 0 || r.Base == nil || r.Base.Known != Guessed || r.Base.Image != want {
			t.Errorf("%s: guessed %d, base %+v, want %q", materials, guessed, r.Base, want)
		}
	}
}

// TestProvenanceUnread: a statement that is none ends nothing and is said.
func TestProvenanceUnread(t *testing.T) {
	r, err := Image(t.Context(), attested(t, clean(), "{"), Options{Now: now})
	if err != nil || !strings.Contains(strings.Join(r.Notes, " "), "the provenance was not looked at") {
		t.Errorf("%v, %v", err, r)
	}
}
