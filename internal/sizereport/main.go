/*
Sizereport writes SIZE_REPORT.md from measurement, or checks the one there is.

	sizereport [-rounds N] [-each] -o FILE    measure and write; needs an engine with the images, and valgrind
	sizereport -check FILE                    measure the binary, and the images if -images is given

The levers that edit the standard library are measured together, and with -each
one by one, too, which takes a build of most of the library for each.

It is run from the top of the repository by `make report` and `make check`. The
figures that -check compares stand in the last line of the report.
*/
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// tolerance is how far a committed figure may be off.
const tolerance = 0.01

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	flags := flag.NewFlagSet("sizereport", flag.ContinueOnError)
	flags.SetOutput(stderr)
	output := flags.String("o", "", "`file` to write")
	check := flags.String("check", "", "`file` to check")
	each := flags.Bool("each", false, "with -o: measure each of the standard library's levers")
	images := flags.Bool("images", false, "with -check: the images, too")
	rounds := flags.Int("rounds", 9, "how often each request rate is measured")
	if err := flags.Parse(args); err != nil || (*output == "") == (*check == "") {
		fmt.Fprintln(stderr, "usage: sizereport -o FILE | -check FILE")
		return 2
	}
	tmp, err := os.MkdirTemp("", "sizereport")
	if err != nil {
		fmt.Fprintln(stderr, "sizereport:", err)
		return 2
	}
	defer os.RemoveAll(tmp)
	if *check != "" {
		err = checkReport(*check, tmp, *images, stdout)
	} else {
		err = writeReport(*output, tmp, *rounds, *each)
	}
	if err != nil {
		fmt.Fprintln(stderr, "sizereport:", err)
		return 1
	}
	return 0
}

// Figures are what -check compares.
type Figures struct {
	Go     string            `json:"go"`
	Arch   string            `json:"arch"`
	Binary Size              `json:"binary"`
	Images map[string]*Image `json:"images"` // by tag
}

// A Size is that of a file, as it is and by gzip -9, in bytes.
type Size struct {
	Bytes int64 `json:"bytes"`
	Gzip  int64 `json:"gzip"`
}

// figuresPrefix begins the report's last line.
const figuresPrefix = "<!-- figures: "

func checkReport(path, tmp string, images bool, stdout io.Writer) error {
	report, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	_, rest, found := bytes.Cut(report, []byte("\n"+figuresPrefix))
	var committed Figures
	if err := json.NewDecoder(bytes.NewReader(rest)).Decode(&committed); err != nil || !found {
		return fmt.Errorf("%s: no figures in the last line: run `make report`", path)
	}
	if committed.Go != runtime.Version() || committed.Arch != runtime.GOARCH {
		fmt.Fprintf(stdout, "%s: its figures are of %s on %s, this is %s on %s: not compared\n",
			path, committed.Go, committed.Arch, runtime.Version(), runtime.GOARCH)
		return nil
	}
	binary, err := build(".", filepath.Join(tmp, "app"), nil)
	if err != nil {
		return err
	}
	pairs := []pair{{"dist/app", committed.Binary.Bytes, binary.Bytes}, {"dist/app by gzip", committed.Binary.Gzip, binary.Gzip}}
	if images {
		now, err := weigh()
		if err != nil {
			return err
		}
		for _, tag := range tags {
			before := committed.Images[tag]
			if before == nil {
				return fmt.Errorf("%s: no figures of %s: run `make report`", path, tag)
			}
			pairs = append(pairs, pair{tag + " image", before.Size, now[tag].Size})
			if now[tag].Store != "containerd" {
				pairs = append(pairs, pair{tag + " transfer", before.Transfer, now[tag].Transfer})
			}
		}
	}
	for _, p := range pairs {
		if math.Abs(float64(p.now-p.committed)) > tolerance*float64(p.committed) {
			return fmt.Errorf("%s: %s has %d bytes, the report says %d: run `make report`", path, p.what, p.now, p.committed)
		}
	}
	return nil
}

type pair struct {
	what           string
	committed, now int64
}

// build builds the appliance from the tree at dir, with the levers named (nil: with
// all of them), and returns its size.
func build(dir, output string, levers []string) (Size, error) {
	cmd := exec.Command("sh", filepath.Join(dir, "scripts/build.sh"), "app", output)
	cmd.Env = append(os.Environ(), "VERSION=1.0.0", "REVISION="+strings.Repeat("0", 40))
	if levers != nil {
		cmd.Env = append(cmd.Env, "LEVERS="+strings.Join(levers, " "))
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return Size{}, fmt.Errorf("%v: %w: %s", cmd.Args, err, out)
	}
	return sizeOf(output)
}

func sizeOf(path string) (Size, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Size{}, err
	}
	var packed bytes.Buffer
	gz, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return Size{}, err
	}
	if _, err := gz.Write(data); err != nil {
		return Size{}, err
	}
	if err := gz.Close(); err != nil {
		return Size{}, err
	}
	return Size{int64(len(data)), int64(packed.Len())}, nil
}
