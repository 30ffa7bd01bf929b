package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// The fleet of the projection.
const (
	nodes       = 1000
	pullsPerDay = 100
	linkMbps    = 10
)

func writeReport(path, tmp string, rounds int, each bool) error {
	if err := buildBench(tmp); err != nil {
		return err
	}
	app := filepath.Join(tmp, "default")
	base, err := build(".", app, nil)
	if err != nil {
		return err
	}
	images, err := weigh()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := writeHead(&b); err != nil {
		return err
	}
	writeImages(&b, images)
	writeFleet(&b, images)
	r, err := bench(tmp, app, rounds)
	if err != nil {
		return err
	}
	writeSpeed(&b, r)
	if err := writeLevers(&b, tmp, base, r.HealthInstructions.App, each); err != nil {
		return err
	}
	if err := writeExcerpts(&b); err != nil {
		return err
	}
	figures, err := json.Marshal(Figures{Go: runtime.Version(), Arch: runtime.GOARCH, Binary: base, Images: images})
	if err != nil {
		return err
	}
	fmt.Fprintf(&b, "\n%s%s -->\n", figuresPrefix, figures)
	return os.WriteFile(path, b.Bytes(), 0o644)
}

func writeHead(b *bytes.Buffer) error {
	engine, err := exec.Command("docker", "version", "-f", "Docker Engine {{.Server.Version}}").Output()
	if err != nil {
		return fmt.Errorf("docker version: %w", err)
	}
	fmt.Fprintf(b, `# Size report

Written by `+"`make report`"+` with %s, %s, linux/%s. Sizes
are in SI units (1 MB = 10⁶ bytes). Absolute rates depend on the machine; ratios are
medians of rounds in which both servers take turns, each alone on one core.
`+"`make check`"+` fails if the binary differs from this report by more than 1 %%,
`+"`make test-docker`"+` if the images do.
`, strings.TrimSpace(string(engine)), runtime.Version(), runtime.GOARCH)
	return nil
}

func writeImages(b *bytes.Buffer, images map[string]*Image) {
	b.WriteString("\n## The images (`make compare`)\n\n| image | bytes | transfer, gzip'd bytes | layers | files | against single-stage |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	largest := images["single-stage"].Size
	for _, tag := range tags {
		i := images[tag]
		fmt.Fprintf(b, "| %s | %s | %s | %d | %d | −%.1f %% |\n", tag, thousands(i.Size), thousands(i.Transfer), i.Layers, i.Files,
			100*(1-float64(i.Size)/float64(largest)))
	}
}

func writeFleet(b *bytes.Buffer, images map[string]*Image) {
	b.WriteString("\n[docs/pack.md](docs/pack.md) compares the transfer size of the packed image\n(`make image-packed`) with other encoders.\n")
	fmt.Fprintf(b, "\n## Cost of running the images\n\nWith %d nodes that store the image, %d pulls per day, and links of %d Mbit/s.\n\n| image | storage | transfer per day | time per pull |\n| --- | ---: | ---: | ---: |\n",
		nodes, pullsPerDay, linkMbps)
	for _, tag := range tags {
		i := images[tag]
		fmt.Fprintf(b, "| %s | %.2f GB | %.2f GB | %.1f s |\n", tag, float64(i.Size)*nodes/1e9, float64(i.Transfer)*pullsPerDay/1e9,
			float64(i.Transfer)*8/(linkMbps*1e6))
	}
}

func writeSpeed(b *bytes.Buffer, r rates) {
	b.WriteString(`
## Speed (` + "`make bench`" + `)

Compared with a bare net/http handler with a constant body of the same size, built
with plain ` + "`-s -w`" + `. Instructions are counted in user space by cachegrind. They vary by less
than 1 %, unlike the rates below.

| | app | bare | ratio |
| --- | ---: | ---: | ---: |
`)
	for _, line := range []struct {
		name string
		r    ratio
	}{
		{"`/health`, instructions per request", r.HealthInstructions},
		{"`/`, instructions per request", r.IndexInstructions},
		{"`/health`, requests/s", r.Health},
		{"`/`, requests/s", r.Index},
		{"`/health`, µs of CPU per request", r.CPU},
		{"start to first 200, ms", r.Start},
		{"idle memory (VmRSS), kB", r.Memory},
	} {
		fmt.Fprintf(b, "| %s | %.1f | %.1f | %.3f |\n", line.name, line.r.App, line.r.Bare, line.r.Ratio)
	}
}

func writeLevers(b *bytes.Buffer, tmp string, base Size, counted float64, each bool) error {
	fmt.Fprintf(b, `
## What each lever saves

The binary has %s bytes, %s with gzip (level 9 of Go's compress/gzip). Each line
compares it with the binary without that lever and with all others. The price is the
number of additional instructions for a request of `+"`/health`"+`, negative if the lever
makes it faster; differences below 300 are noise.

| lever | bytes saved | gzip'd bytes saved | price |
| --- | ---: | ---: | ---: |
`, thousands(base.Bytes), thousands(base.Gzip))
	library, err := libraryLevers()
	if err != nil {
		return err
	}
	together := lever{name: "library", what: fmt.Sprintf("the %d levers of `internal/levers` together: edits of the standard library", len(library))}
	e, err := without(tmp, together, func(name string) bool {
		return slices.ContainsFunc(library, func(l lever) bool { return l.name == name })
	}, base, counted)
	if err != nil {
		return err
	}
	e.write(b)
	single := slices.Clone(flagLevers)
	if each {
		single = append(single, library...)
	}
	for _, l := range single {
		e, err := without(tmp, l, func(name string) bool { return name == l.name }, base, counted)
		if err != nil {
			return err
		}
		e.write(b)
	}
	for _, l := range codeLevers {
		e, err := with(tmp, l, base)
		if err != nil {
			return err
		}
		e.write(b)
	}
	return nil
}

func (e effect) write(b *bytes.Buffer) {
	fmt.Fprintf(b, "| %s | %s | %s | %s |\n", e.what, thousands(e.saved.Bytes), thousands(e.saved.Gzip), e.price)
}

// writeExcerpts shows where the bytes of the images are.
func writeExcerpts(b *bytes.Buffer) error {
	for _, tag := range tags {
		for _, args := range [][]string{
			{"history", "--mask", "--content", reference(tag)},
			{"tree", "--mask", "--sort", "size", "--depth", "2", "--min-size", "100kB", reference(tag)},
		} {
			out, err := tare(args...)
			if err != nil {
				return err
			}
			fmt.Fprintf(b, "\n## %s: `tare %s`\n\n```text\n%s\n```\n", tag, strings.Join(args, " "), out)
		}
	}
	return nil
}

// thousands writes 5243006 as 5,243,006.
func thousands(n int64) string {
	if n < 0 {
		return "−" + thousands(-n)
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
