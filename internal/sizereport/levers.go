package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/levers"
)

// A lever is a way to fewer bytes.
type lever struct {
	name string // of scripts/build.sh, or the Go package that is done without
	what string
	use  string // for a package: a statement that uses it as the appliance would
}

// flagLevers are scripts/build.sh's, in its order.
var flagLevers = []lever{
	{name: "strip", what: "`-ldflags \"-s -w\"`: no symbol table, no DWARF"},
	{name: "buildid", what: "`-ldflags -buildid=`: no build id"},
	{name: "funcalign", what: "`-ldflags -funcalign=1`: no padding between functions"},
	{name: "http1", what: "`-tags nethttpomithttp2`: no HTTP/2"},
	{name: "inline", what: "a small inlining budget, larger on a request's way"},
}

// libraryLevers are those of internal/levers that the appliance has.
func libraryLevers() ([]lever, error) {
	names, err := levers.Default("app")
	if err != nil {
		return nil, err
	}
	chosen, err := levers.Find(names)
	if err != nil {
		return nil, err
	}
	var list []lever
	for _, l := range chosen {
		list = append(list, lever{name: l.Name, what: "`" + l.Name + "` leaves out " + l.What})
	}
	return list, nil
}

// codeLevers are packages that the appliance does without.
var codeLevers = []lever{
	{"encoding/json", "own JSON writer (`internal/jsonenc`) instead of `encoding/json`", `json.NewEncoder(os.Stdout).Encode(os.Args)`},
	{"log/slog", "own log lines (`internal/service/log.go`) instead of `log/slog`", `slog.New(slog.NewJSONHandler(os.Stdout, nil)).Info("x", "y", 1)`},
	{"net/http", "a connection and `http.ReadResponse` instead of `http.Client`", `http.Get(os.Args[0])`},
	{"flag", "own flags (`internal/flags`) instead of `flag`", `fs := flag.NewFlagSet("x", flag.ContinueOnError); fs.String("a", "", ""); fs.Bool("b", false, ""); fs.Parse(os.Args); fs.PrintDefaults()`},
	{"compress/flate", "own expander (`internal/roots/lz`) instead of `compress/flate`", `io.Copy(os.Stdout, flate.NewReader(os.Stdin))`},
}

// An effect is what a lever saves and costs.
type effect struct {
	lever
	saved Size
	price string // in instructions for a request
}

// without builds the appliance without some of its levers and returns what they
// save together.
func without(tmp string, l lever, left func(name string) bool, base Size, counted float64) (effect, error) {
	library, err := libraryLevers()
	if err != nil {
		return effect{}, err
	}
	var others []string
	for _, other := range append(slices.Clone(flagLevers), library...) {
		if !left(other.name) {
			others = append(others, other.name)
		}
	}
	output := filepath.Join(tmp, "without-"+l.name)
	size, err := build(".", output, others)
	if err != nil {
		return effect{}, err
	}
	e := effect{lever: l, saved: Size{size.Bytes - base.Bytes, size.Gzip - base.Gzip}}
	r, err := bench(tmp, output, 0)
	e.price = fmt.Sprintf("%+.0f", counted-r.HealthInstructions.App)
	return e, err
}

// with builds the appliance with a package that it does without: a copy of the
// source has one more file, which uses it where the compiler can't know that it
// never runs.
func with(tmp string, l lever, base Size) (effect, error) {
	dir := filepath.Join(tmp, "with-"+filepath.Base(l.name))
	if err := copySource(dir); err != nil {
		return effect{}, err
	}
	source := fmt.Sprintf("package main\n\nimport (\n\t%s)\n\nfunc init() {\n\tif len(os.Args) > 1000 {\n\t\t%s\n\t}\n}\n", imports(l), l.use)
	if err := os.WriteFile(filepath.Join(dir, "lever.go"), []byte(source), 0o644); err != nil {
		return effect{}, err
	}
	size, err := build(dir, filepath.Join(tmp, "app"), nil)
	return effect{lever: l, saved: Size{size.Bytes - base.Bytes, size.Gzip - base.Gzip}, price: "not on a request's way"}, err
}

// copySource copies what the appliance is built from.
func copySource(dir string) error {
	for _, folder := range []string{"internal", "scripts"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(folder)); err != nil {
			return err
		}
	}
	for _, name := range []string{"go.mod", "main.go"} {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func imports(l lever) string {
	paths := []string{"os", l.name}
	if l.name == "compress/flate" {
		paths = append(paths, "io")
	}
	slices.Sort(paths)
	text := ""
	for _, path := range paths {
		text += strconv.Quote(path) + "\n\t"
	}
	return strings.TrimSuffix(text, "\t")
}

// rates is the part of package bench's report that is used here.
type rates struct {
	HealthInstructions ratio `json:"healthInstructions"`
	IndexInstructions  ratio `json:"indexInstructions"`

	Health ratio `json:"health"`
	Index  ratio `json:"index"`
	CPU    ratio `json:"cpu"`
	Start  ratio `json:"start"`
	Memory ratio `json:"memory"`
}

type ratio struct{ App, Bare, Ratio float64 }

// bench runs package bench on a binary.
func bench(tmp, app string, rounds int) (r rates, err error) {
	cmd := exec.Command(filepath.Join(tmp, "bench"), "-json", "-rounds", strconv.Itoa(rounds), "-seconds", "1", app, filepath.Join(tmp, "bare"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return r, fmt.Errorf("%v: %w", cmd.Args, err)
	}
	return r, json.Unmarshal(out, &r)
}

// buildBench builds package bench and the bare server, which has plain -s -w.
func buildBench(tmp string) error {
	for name, pkg := range map[string]string{"bench": "./internal/bench", "bare": "./internal/bench/bare"} {
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(tmp, name), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%v: %w: %s", cmd.Args, err, out)
		}
	}
	return nil
}
