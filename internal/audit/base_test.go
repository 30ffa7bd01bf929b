package audit

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// onBase is a base with a key in a layer, a secret in its last ENV and the user
// root, and an image on it that has a key, a secret and dead bytes of its own.
// By the times nothing of a base can be guessed.
func onBase() (base, img it.Image) {
	root := func(c *image.Config) { c.Config.User = "0" }
	base = with(copied("base /"), files(it.File("base/notes", keyText), it.Sized("base/large", 2_000_000)), empty("USER 0"), empty("ENV DB_PASSWORD=base-s3cret"), root)
	base.Tag = "base:1"
	img = base
	img.Tag = "app:1"
	img.Layers = append(slices.Clone(base.Layers), it.Plain(it.File("own/notes", keyText), it.Whiteout("base/large")))
	img.Config.History = append(slices.Clone(base.Config.History), copied("own /"), empty("ENV API_PASSWORD=own-s3cret"))
	return base, img
}

// places are the findings, each with its path or step.
func places(r *Report) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, strings.TrimSuffix(strings.Join(strings.Fields(fmt.Sprint(f.Rule[len("TARE-"):], " ", f.Path, " ", f.Step)), " "), " 0"))
	}
	return strings.Join(list, ", ")
}

func TestNamedBase(t *testing.T) {
	base, img := onBase()
	for _, tt := range []struct {
		name string
		opts Options
		base Base
		want string
		note string
	}{
		{"no base", Options{}, Base{}, "F003 /base/notes 2, F003 /own/notes 5, H003 4, H003 6, C001 3, W001 2", ""},
		{"named", Options{Base: open(t, base)}, Base{Known: Named, Image: "base:1", Layers: 2}, "F003 /own/notes 5, H003 4, H003 6, C001 3, W001 2",
			"layers 1 to 2 are of base:1, and contents there were not read"},
		{"named, all read", Options{Base: open(t, base), Depth: Deep}, Base{Known: Named, Image: "base:1", Layers: 2},
			"F003 /base/notes 2, F003 /own/notes 5, H003 4, H003 6, C001 3, W001 2", "layers 1 to 2 are of base:1"},
		{"own", Options{Base: open(t, base), Own: true}, Base{Known: Named, Image: "base:1", Layers: 2, LeftOut: 1}, "F003 /own/notes 5, H003 6, C001 3, W001 2",
			"layers 1 to 2 are of base:1, and contents there were not read; findings left out there: 1"},
		{"own, all read", Options{Base: open(t, base), Own: true, Depth: Deep}, Base{Known: Named, Image: "base:1", Layers: 2, LeftOut: 2}, "F003 /own/notes 5, H003 6, C001 3, W001 2",
			"layers 1 to 2 are of base:1; findings left out there: 2"},
	} {
		r := judge(t, img, tt.opts)
		var got Base
		if r.Base != nil {
			got = *r.Base
			got.steps = 0
		}
		if got != tt.base || r.BaseLayers != tt.base.Layers {
			t.Errorf("%s: base %+v, want %+v", tt.name, got, tt.base)
		}
		if got := places(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if got := strings.Join(r.Notes, "\n"); got != tt.note {
			t.Errorf("%s: notes %q, want %q", tt.name, got, tt.note)
		}
	}
}

// What is left out doesn't fail the image.
func TestOwnGate(t *testing.T) {
	base, _ := onBase()
	if r := judge(t, base, Options{Base: open(t, base), Own: true, Depth: Deep}); !r.OK || r.Counts.Error != 0 || r.Base.LeftOut != 2 {
		t.Errorf("ok %v, %+v, %+v", r.OK, r.Counts, r.Base)
	}
}

// Where the image's history doesn't begin with the base's, only the steps up to
// the base's last layer are the base's.
func TestBaseSteps(t *testing.T) {
	base, img := onBase()
	img.Config.History[3].CreatedBy = "ENV DB_PASSWORD=other-s3cret"
	r := judge(t, img, Options{Base: open(t, base), Own: true, Depth: Deep})
	if want := "F003 /own/notes 5, H003 4, H003 6, C001 3, W001 2"; places(r) != want {
		t.Errorf("%s, want %s", places(r), want)
	}
	img.Config.History = nil
	r = judge(t, img, Options{Base: open(t, base), Own: true, Depth: Deep})
	if got := of(r, "TARE-F003"); len(got) != 1 || got[0].Path != "/own/notes" {
		t.Errorf("without history: %s", places(r))
	}
}

func TestNotBuiltOn(t *testing.T) {
	base, img := onBase()
	other := clean()
	other.Layers[0] = it.Plain(it.File("x", "x"))
	for _, tt := range []struct {
		img, base it.Image
		want      string
	}{
		{base, img, "base:1: not built on app:1, which has 3 layers: there are only 2"},
		{img, other, "app:1: not built on clean:1: layer 1 is sha256:"},
	} {
		_, err := Image(t.Context(), open(t, tt.img), Options{Base: open(t, tt.base)})
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
			t.Errorf("%v, want %s", err, tt.want)
		}
	}
}

// BuildKit's provenance states the layers that came with FROM, if it was made
// with mode=max; what it states of other layers than the image's doesn't count.
func TestStatedBase(t *testing.T) {
	_, img := onBase()
	f := it.Files{}
	d := f.Manifest(img)
	opened := open(t, img)
	chain := func(n int) string {
		var list []string
		for _, l := range opened.Layers[:n] {
			list = append(list, fmt.Sprintf(`{"digest":%q}`, l.DiffID))
		}
		return "[[" + strings.Join(list, ",") + "]]"
	}
	steps := func(source string) string {
		return `{"llbDefinition":[{"id":"step0","op":{"Op":{"source":{"identifier":"` + source + `"}}}},{"id":"step1","op":{"Op":{"exec":{}}}}]}`
	}
	v02 := func(source, layers string) string {
		return `{"predicateType":"https://slsa.dev/provenance/v0.2","predicate":{"buildConfig":` + steps(source) + `,"metadata":{"https://mobyproject.org/buildkit@v1#metadata":{"layers":` + layers + `}}}}`
	}
	v1 := func(source, layers string) string {
		return `{"predicateType":"https://slsa.dev/provenance/v1","predicate":{"buildDefinition":{"internalParameters":{"buildConfig":` + steps(source) + `}},"runDetails":{"metadata":{"buildkit_metadata":{"layers":` + layers + `}}}}}`
	}
	const source = "docker-image://docker.io/library/base:1@sha256:00"
	layers := `{"step0:0":` + chain(2) + `,"step1:0":` + chain(3) + `}`
	stated := &Base{Known: Stated, Image: "docker.io/library/base:1@sha256:00", Layers: 2}
	for _, tt := range []struct {
		name, statement string
		want            *Base
	}{
		{"SLSA 0.2", v02(source, layers), stated},
		{"SLSA 1", v1(source, layers), stated},
		{"layout", v1("oci-layout://base@sha256:00", layers), &Base{Known: Stated, Image: "base@sha256:00", Layers: 2}},
		{"no image", v1("local://context", layers), nil},
		{"mode=min", v1(source, `{}`), nil},
		{"other layers", v1(source, `{"step0:0":[[{"digest":"sha256:`+strings.Repeat("0", 64)+`"}]]}`), nil},
		{"more layers than there are", v1(source, `{"step0:0":`+strings.Replace(chain(3), "]]", `,{"digest":"sha256:`+strings.Repeat("0", 64)+`"}]]`, 1)+`}`), nil},
		{"no layers", v1(source, `{"step0:0":[[]]}`), nil},
		{"no JSON", "{", nil},
	} {
		f.Index(d, f.Attest(d, tt.statement))
		img, err := image.Open(t.Context(), "oci:"+f.Dir(t), image.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Image(t.Context(), img, Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if (r.Base == nil) != (tt.want == nil) || r.Base != nil && (r.Base.Known != tt.want.Known || r.Base.Image != tt.want.Image || r.Base.Layers != tt.want.Layers) {
			t.Errorf("%s: %+v, want %+v", tt.name, r.Base, tt.want)
		}
		if got := len(of(r, "TARE-F003")) == 1; got != (tt.want != nil) {
			t.Errorf("%s: %s", tt.name, places(r))
		}
	}
}
