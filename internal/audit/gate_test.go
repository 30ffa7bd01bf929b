package audit

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

func TestReadSettings(t *testing.T) {
	for _, tt := range []struct{ in, err string }{
		{`{}`, ""},
		{Example, ""},
		{`{"budgets":{"maxSize":"2.3MB","maxTransfer":2300000,"maxLayers":3}}`, ""},
		{`{"ignore":[{"rule":"TARE-F001","reason":"why","path":"/bin/*","until":"2027-01-31"}]}`, ""},
		{``, "line 1: the object is incomplete"},
		{`{"budgets":{`, "line 1: the object is incomplete"},
		{"{\n\"bugdets\": {}}", `line 2: json: unknown field "bugdets"`},
		{`{"budgets":{"maxsiz":1}}`, `unknown field "maxsiz"`},
		{`{"ignore":[{"rule":"TARE-F001","reason":"x","pth":"/x"}]}`, `unknown field "pth"`},
		{`{} {}`, "data after the end"},
		{`[]`, "array"},
		{`{"budgets":{"maxLayers":"three"}}`, `"budgets.maxLayers" is a string`},
		{`{"budgets":{"maxSize":"three"}}`, `size "three"`},
		{`{"budgets":{"maxSize":-1}}`, `size "-1"`},
		{`{"budgets":{"maxLayers":-1}}`, "maxLayers -1"},
		{`{"budgets":{"minEfficiency":95}}`, "minEfficiency 95"},
		{`{"failOn":"fatal"}`, `severity "fatal"`},
		{`{"severities":{"TARE-X999":"error"}}`, `no rule "TARE-X999"`},
		{`{"severities":{"TARE-F001":"high"}}`, `severity "high"`},
		{`{"severities":{"TARE-B001":"off"}}`, "always an error"},
		{`{"ignore":[{"reason":"x"}]}`, "entry 1: no rule"},
		{`{"ignore":[{"rule":"TARE-F001","reason":" "}]}`, "no reason"},
		{`{"ignore":[{"rule":"TARE-F999","reason":"x"}]}`, `no rule "TARE-F999"`},
		{`{"ignore":[{"rule":"TARE-B001","reason":"x"}]}`, "raise the limit"},
		{`{"ignore":[{"rule":"TARE-F001","reason":"x","path":"["}]}`, "syntax error in pattern"},
		{`{"ignore":[{"rule":"TARE-F001","reason":"x","until":"31.1.2027"}]}`, `date "31.1.2027"`},
	} {
		_, err := ReadSettings(strings.NewReader(tt.in))
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, want %q", tt.in, err, tt.err)
		}
	}
}

// The example shows every key.
func TestExample(t *testing.T) {
	var keys func(typ reflect.Type)
	keys = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Date]() {
			return
		}
		for i := range typ.NumField() {
			name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
			if !strings.Contains(Example, `"`+name+`":`) {
				t.Errorf("the example has no %q", name)
			}
			keys(typ.Field(i).Type)
		}
	}
	keys(reflect.TypeFor[Settings]())
}

func settings(t *testing.T, text string) Settings {
	t.Helper()
	s, err := ReadSettings(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// heavy is an image of 3,000,000 bytes and two layers above the clean one's,
// of which 1,000,000 are dead and twice as many wasted.
func heavy() it.Image {
	return with(copied("big /"), files(it.Sized("big", 1_000_000)), copied("big /"), files(it.Sized("big", 1_000_000), it.Sized("other", 1_000_000)))
}

func TestBudgets(t *testing.T) {
	app := int64(len(machine(62).build()))
	for _, tt := range []struct {
		budget, limit string
		over          bool
		left          float64
	}{
		{"maxSize", "2999999", true, float64(-1 - app)},
		{"maxSize", "3.1MB", false, float64(100_000 - app)},
		{"maxTransfer", "1MB", false, 0},
		{"maxTransfer", "100", true, 0},
		{"maxLayers", "3", false, 0},
		{"maxLayers", "2", true, -1},
		{"maxFiles", "3", false, 0},
		{"maxFiles", "2", true, -1},
		{"maxDead", "1MB", false, 0},
		{"maxDead", "999999", true, -1},
		{"maxTare", "3MB", false, 0},
		{"maxTare", "2MB", true, -1_000_000},
		{"maxWasted", "2MB", false, 0},
		{"maxWasted", "1999999", true, -1},
		{"minEfficiency", "0.95", false, 0}, // below the floor
		{"maxUserWasted", "0.7", false, 0},
		{"maxUserWasted", "0.6", true, 0},
	} {
		var s Settings
		if err := s.Budgets.Set(tt.budget, tt.limit); err != nil {
			t.Fatal(err)
		}
		r := judge(t, heavy(), Options{Settings: s})
		if len(r.Budgets) != 1 || r.Budgets[0].Name != tt.budget || r.Budgets[0].Over != tt.over {
			t.Errorf("%s %s: %+v", tt.budget, tt.limit, r.Budgets)
			continue
		}
		if left := *r.Budgets[0].Left; tt.left != 0 && left != tt.left {
			t.Errorf("%s %s: left %v, want %v", tt.budget, tt.limit, left, tt.left)
		}
		if found := of(r, ruleBudget); r.OK == tt.over || (len(found) == 1) != tt.over {
			t.Errorf("%s %s: ok %v, %+v", tt.budget, tt.limit, r.OK, found)
		}
	}
}

func TestEfficiencyFloor(t *testing.T) {
	s := settings(t, `{"budgets":{"minEfficiency":0.95,"efficiencyFloor":"2MB"}}`)
	if r := judge(t, heavy(), Options{Settings: s}); r.OK {
		t.Errorf("2 MB wasted at a floor of 2 MB: %+v", r.Budgets)
	}
}

func TestSetBudget(t *testing.T) {
	for _, tt := range []struct{ name, value, err string }{
		{"maxSizes", "1", `budget "maxSizes": want one of`},
		{"//", "1", `budget "//": want one of`},
		{"maxsize", "1", `budget "maxsize": want one of`},
		{"maxSize", "much", `budget maxSize: size "much": want a number with a unit`},
		{"maxSize", "5XB", `size "5XB"`},
		{"maxSize", "null", `size "null"`},
		{"maxLayers", "null", `budget maxLayers: "null"`},
		{"maxLayers", "1}", `"1}"`},
		{"maxLayers", `1,"maxFiles":3`, "want a number"},
		{"maxLayers", "-1", "maxLayers -1"},
		{"minEfficiency", "95%", `"95%": want a share from 0 to 1`},
		{"minEfficiency", "NaN", "minEfficiency NaN"},
		{"maxLayers", "2.5", "maxLayers"},
		{"maxLayers", "", "maxLayers"},
		{"minEfficiency", "95", "minEfficiency 95"},
	} {
		var b Budgets
		if err := b.Set(tt.name, tt.value); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s=%s: %v, want %q", tt.name, tt.value, err, tt.err)
		}
	}
}

func TestSeverities(t *testing.T) {
	bad := with(ran("x"), files(moded(it.File("bin/su", "x"), 0o4755)))
	for _, tt := range []struct {
		settings string
		ok       bool
		found    int
	}{
		{`{}`, true, 1},
		{`{"failOn":"warning"}`, false, 1},
		{`{"severities":{"TARE-F001":"error"}}`, false, 1},
		{`{"severities":{"TARE-F001":"error"},"failOn":"off"}`, true, 1},
		{`{"severities":{"TARE-F001":"info"},"failOn":"warning"}`, true, 1},
		{`{"severities":{"TARE-F001":"off"},"failOn":"info"}`, true, 0},
	} {
		r := judge(t, bad, Options{Settings: settings(t, tt.settings)})
		if r.OK != tt.ok || len(r.Findings) != tt.found {
			t.Errorf("%s: ok %v, %+v", tt.settings, r.OK, r.Findings)
		}
	}
}

func TestIgnore(t *testing.T) {
	bad := with(ran("x"), files(moded(it.File("usr/bin/su", "x"), 0o4755)))
	for _, tt := range []struct {
		ignore  string
		ignored int
		note    string
	}{
		{`"rule":"TARE-F001"`, 1, ""},
		{`"rule":"TARE-F001","path":"/usr/bin/su"`, 1, ""},
		{`"rule":"TARE-F001","path":"/usr"`, 1, ""},
		{`"rule":"TARE-F001","path":"/usr/*/s?"`, 1, ""},
		{`"rule":"TARE-F001","path":"/usr/bin/sudo"`, 0, "matches nothing"},
		{`"rule":"TARE-F002"`, 0, "matches nothing"},
		{`"rule":"TARE-F001","instruction":"RUN x"`, 1, ""},
		{`"rule":"TARE-F001","instruction":"COPY"`, 0, "matches nothing"},
		{`"rule":"TARE-F001","until":"2024-06-01"`, 1, ""},
		{`"rule":"TARE-F001","until":"2024-05-31"`, 0, "expired on 2024-05-31"},
	} {
		r := judge(t, bad, Options{Settings: settings(t, `{"ignore":[{"reason":"because",`+tt.ignore+`}]}`)})
		if len(r.Ignored) != tt.ignored || len(r.Findings) != 1-tt.ignored || tt.ignored == 1 && r.Ignored[0].Reason != "because" {
			t.Errorf("%s: found %+v, ignored %+v", tt.ignore, r.Findings, r.Ignored)
		}
		if notes := strings.Join(r.Notes, "\n"); (notes == "") != (tt.note == "") || !strings.Contains(notes, tt.note) {
			t.Errorf("%s: notes %q, want %q", tt.ignore, notes, tt.note)
		}
	}
}

func TestReadDive(t *testing.T) {
	for _, tt := range []struct{ in, want, err string }{
		{"rules:\n  lowestEfficiency: 0.95\n  highestWastedBytes: 20MB\n  highestUserWastedPercent: 0.20\n", `{"maxWasted":20000000,"minEfficiency":0.95,"efficiencyFloor":0,"maxUserWasted":0.2}`, ""},
		{"# dive\nrules: # all\n  # If\n  lowest-efficiency: \"0.8\" # 80 %\n\n  highest-wasted-bytes: 'disabled'\n  highest-user-wasted-percent: 1\n", `{"minEfficiency":0.8,"efficiencyFloor":0,"maxUserWasted":1}`, ""},
		{"\ufeffrules:\r\n  lowestEfficiency: disabled\r\n", `{"efficiencyFloor":0,"maxUserWasted":0.1}`, ""},
		{"other:\n  x: y\nrules:\n  highestUserWastedPercent: disabled\n", `{"minEfficiency":0.9,"efficiencyFloor":0}`, ""},
		{"", `{"minEfficiency":0.9,"efficiencyFloor":0,"maxUserWasted":0.1}`, ""},
		{"rules: {lowestEfficiency: 0.95}\n", "", "line 1: want rules:"},
		{"lowestEfficiency: 0.95\n", "", "line 1: want rules:"},
		{"rules:\n  lowestEficiency: 1\n", "", `line 2: no rule "lowestEficiency"`},
		{"rules:\n  lowestEfficiency: 95\n", "", `line 2: lowestEfficiency: "95"`},
		{"rules:\n  highestWastedBytes: lots\n", "", `line 2: highestWastedBytes: size "lots"`},
		{"rules\n", "", "line 1: no name and value"},
	} {
		s, err := ReadDive(strings.NewReader(tt.in))
		if err != nil || tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%q: %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if got, _ := json.Marshal(s.Budgets); string(got) != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	size := *judge(t, heavy(), Options{}).Size
	for _, tt := range []struct {
		before int64
		growth string
		ok     bool
	}{
		{size, "0%", true}, {size - 1, "0%", false}, {size - 1, "1", true}, {size - 2, "1B", false},
		{size*100/101 + 1, "1 %", true}, {size * 100 / 102, "1%", false}, {size + 1, "0", true},
	} {
		growth, err := ParseGrowth(tt.growth)
		if err != nil {
			t.Fatal(err)
		}
		r := judge(t, heavy(), Options{Baseline: &Baseline{Name: "before", Size: &tt.before, MaxGrowth: growth}})
		if r.OK != tt.ok || (len(of(r, ruleGrowth)) == 0) != tt.ok || len(r.Budgets) != 1 || !r.Budgets[0].Growth {
			t.Errorf("%d + %s: ok %v, %+v", tt.before, tt.growth, r.OK, r.Budgets)
		}
	}
	for _, bad := range []string{"", "%", "x%", "-1%", "lots"} {
		if _, err := ParseGrowth(bad); err == nil {
			t.Errorf("growth %q is taken", bad)
		}
	}
}

func TestReadBaseline(t *testing.T) {
	const two = `{"schema":1,"images":[{"image":"r/a:1","size":10,"transfer":null},{"image":"r/b:1","size":20,"transfer":5}]}`
	for _, tt := range []struct {
		in, image string
		size      int64
		err       string
	}{
		{two, "r/a:1", 10, ""},
		{two, "r/b:2", 20, ""},
		{two, "r/c:2", 0, "2 images, none of them"},
		{`{"schema":1,"image":"x","size":7,"ok":true}`, "y", 7, ""},
		{`{"schema":2,"images":[]}`, "x", 0, "schema 2"},
		{`{"schema":1,"images":[{"image":"x","size":null}]}`, "x", 0, "neither size nor transfer"},
		{`{`, "x", 0, "unexpected end"},
	} {
		b, err := ReadBaseline(strings.NewReader(tt.in), tt.image)
		if err != nil || tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%s: %v, want %q", tt.in, err, tt.err)
			}
			continue
		}
		if *b.Size != tt.size {
			t.Errorf("%s: size %d", tt.in, *b.Size)
		}
	}
}

// Findings keep their fingerprint when an image is built anew: other layers,
// other times, other tags; and two findings never share one.
func TestFingerprints(t *testing.T) {
	first := with(ran("x"), files(moded(it.File("bin/su", "x"), 0o4755), it.File("srv/.env", "A=1")), ran("curl x | sh"), files(), ran("curl x | sh"), files())
	second := with(copied("new /"), files(it.File("new", "x")), ran("x"), files(moded(it.File("bin/su", "xyz"), 0o4755), it.File("srv/.env", "A=12")), ran("curl x | sh"), files(), ran("curl x | sh"), files())
	second.Tag = "clean:2"
	for i := range second.Config.History {
		later := second.Config.History[i].Created.Add(time.Hour)
		second.Config.History[i].Created = &later
	}
	marks := func(img it.Image) map[string]string {
		list := map[string]string{}
		for _, f := range judge(t, img, Options{}).Findings {
			if list[f.Fingerprint] != "" {
				t.Errorf("%s and %s share a fingerprint", list[f.Fingerprint], f.Rule)
			}
			list[f.Fingerprint] = f.Rule
		}
		return list
	}
	if a, b := marks(first), marks(second); len(a) != 4 || !reflect.DeepEqual(a, b) {
		t.Errorf("fingerprints %v, then %v", a, b)
	}
}

// The base's layers end at the last CMD that a layer follows, an hour later or
// more.
func TestBaseLayers(t *testing.T) {
	layer := func(day int) image.History { return image.History{Created: at(day), CreatedBy: "COPY a / # buildkit"} }
	step := func(day int, text string) image.History {
		return image.History{Created: at(day), CreatedBy: text, EmptyLayer: true}
	}
	cmd := func(day int) image.History { return step(day, `CMD ["sh"]`) }
	for _, tt := range []struct {
		name    string
		history []image.History
		want    int
	}{
		{"nothing known", nil, 0},
		{"scratch", []image.History{layer(1)}, 0},
		{"a base alone", []image.History{layer(1), cmd(1)}, 0},
		{"built on a base", []image.History{layer(1), cmd(1), layer(2), cmd(2)}, 1},
		{"with more after the base's CMD", []image.History{layer(1), cmd(1), step(1, "EXPOSE 80/tcp"), step(2, "ENV A=1"), layer(2), cmd(2)}, 1},
		{"on a base on a base", []image.History{layer(1), cmd(1), layer(2), step(2, `ENTRYPOINT ["b"]`), cmd(2), layer(3)}, 2},
		{"CMD before the last COPY", []image.History{layer(1), cmd(1), layer(2), cmd(2), layer(2)}, 1},
		{"both CMDs before the first COPY", []image.History{layer(1), cmd(1), cmd(2), layer(2)}, 1},
		{"CMD first", []image.History{cmd(2), layer(2), layer(2)}, 0},
		{"one time for all", []image.History{layer(1), cmd(1), layer(1), cmd(1)}, 0},
		{"no times", []image.History{{CreatedBy: "ADD x /"}, {CreatedBy: `CMD ["sh"]`, EmptyLayer: true}, {CreatedBy: "RUN x"}}, 0},
		{"more steps than layers", []image.History{layer(1), layer(1), layer(1), layer(1), cmd(1), layer(2)}, 3},
	} {
		img := image.Image{Layers: make([]*image.Layer, 3)}
		img.Config.History = tt.history
		if got := guessBase(&img); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Depth says whose contents are read.
func TestDepth(t *testing.T) {
	img := with(image.History{Created: at(1), CreatedBy: `CMD ["sh"]`, EmptyLayer: true}, copied("x /"), files(it.File("x", "x")))
	img.Layers[0] = it.Zipped(exe("app", machine(62).build()), it.File("deep/notes", keyText), it.File("root/.ssh/id_rsa", keyText), it.File("root/.ssh/id_ed25519", "see notes"))
	for depth, want := range map[Depth]string{
		Own:     "/root/.ssh/id_rsa",
		Shallow: "/root/.ssh/id_ed25519 /root/.ssh/id_rsa",
		Deep:    "/deep/notes /root/.ssh/id_rsa",
	} {
		var paths []string
		for _, f := range of(judge(t, img, Options{Depth: depth}), "TARE-F003") {
			paths = append(paths, f.Path)
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("depth %d: %q, want %q", depth, got, want)
		}
	}
}
