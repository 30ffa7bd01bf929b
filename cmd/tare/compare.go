package main

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/compare"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func compareCommand() *command {
	return &command{
		name:  "compare",
		usage: "[flags] IMAGE IMAGE…",
		short: "compare images, and estimate the cost of storing and pulling them",
		long: `Shared are the layers that an image has in common with the first image, each counted
once. Reduction is relative to the largest image. The estimate is storage = size ×
nodes, bandwidth = transfer × pulls per day, time of a pull = transfer ÷ link.

example: tare compare --gzip single.tar alpine.tar scratch.tar
`,
		define: func(fs *flag.FlagSet) runner {
			c := comparer{fleet: compare.Fleet{Nodes: 1000, PullsPerDay: 100, Link: 10e6}}
			c.source.defineAll(fs)
			c.source.defineMask(fs)
			c.source.defineContent(fs)
			c.output.define(fs)
			fs.BoolVar(&c.gzip, "gzip", false, "compress layers that are stored uncompressed, to find out the transfer size")
			fs.StringVar(&c.net, "net", "", "count the files that match `PATTERN` as net instead of the executable")
			fs.Int64Var(&c.fleet.Nodes, "nodes", c.fleet.Nodes, "estimate for `N` machines that store the image")
			fs.Int64Var(&c.fleet.PullsPerDay, "pulls-per-day", c.fleet.PullsPerDay, "estimate for `N` pulls per day")
			fs.Var((*rateFlag)(&c.fleet.Link), "link", "estimate for a link of `RATE`, such as 10Mbps")
			return c.run
		},
	}
}

// A comparer is the compare command with its flags.
type comparer struct {
	source sourceFlags
	output outputFlags
	gzip   bool
	net    string
	fleet  compare.Fleet
}

// least is how many images are to be named: the platforms of one can be
// compared.
func (c *comparer) least() int {
	if c.source.all() {
		return 1
	}
	return 2
}

func (c *comparer) run(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("compare", args, c.least(), -1); err != nil {
		return err
	}
	if err := wantOneStdin("compare", args); err != nil {
		return err
	}
	if c.fleet.Nodes < 0 || c.fleet.PullsPerDay < 0 || c.fleet.Nodes > 1e9 || c.fleet.PullsPerDay > 1e9 {
		return &usageError{fmt.Errorf("compare: --nodes and --pulls-per-day must be from 0 to 10⁹")}
	}
	var subjects []compare.Subject
	for _, ref := range args {
		err := c.source.each(ctx, ref, std, func(img *image.Image) error {
			subject, err := c.subject(ctx, img)
			subjects = append(subjects, subject)
			return err
		})
		if err != nil {
			return err
		}
	}
	comparison := compare.Compare(subjects, c.fleet)
	doc := report.Comparison(comparison)
	switch {
	case slices.ContainsFunc(comparison.Images, func(i compare.Item) bool { return i.Size == nil && i.Unread == "" }):
		doc = doc.WithNote(contentNote)
	case slices.ContainsFunc(comparison.Images, func(i compare.Item) bool { return i.Size != nil && i.Transfer == nil }):
		doc = doc.WithNote(gzipNote)
	}
	return c.output.write(ctx, doc, std)
}

func (c *comparer) subject(ctx context.Context, img *image.Image) (compare.Subject, error) {
	stack, err := c.source.readIfHere(ctx, img)
	if err != nil {
		return compare.Subject{}, err
	}
	if c.gzip {
		if err := compress(ctx, img); err != nil {
			return compare.Subject{}, fmt.Errorf("%s: %w", report.Quote(img.Name), err)
		}
	}
	if stack == nil {
		return compare.NewSubject(img, nil, layers.WeighUnread(img)), nil
	}
	w, err := stack.Weigh(c.net)
	if err != nil {
		return compare.Subject{}, fmt.Errorf("--net %s: %w", report.Quote(c.net), err)
	}
	return compare.NewSubject(img, stack, w), nil
}

// compress finds out the transfer size of uncompressed layers.
func compress(ctx context.Context, img *image.Image) error {
	for _, l := range img.Layers {
		if _, known := l.Transfer(); known {
			continue
		}
		size, err := layers.GzipSize(ctx, l)
		if err != nil {
			return err
		}
		l.GzipSize = size
	}
	return nil
}

// rateFlag is bits a second as a flag.
type rateFlag int64

func (r *rateFlag) String() string { return report.Rate(int64(*r)) }

func (r *rateFlag) Set(s string) error {
	number := strings.TrimRight(s, "kKMGTbpsit/ ")
	value, err := strconv.ParseFloat(number, 64)
	factor := map[string]float64{
		"": 1, "bps": 1, "bit/s": 1, "kbps": 1e3, "kbit/s": 1e3, "mbps": 1e6, "mbit/s": 1e6, "gbps": 1e9, "gbit/s": 1e9, "tbps": 1e12, "tbit/s": 1e12,
	}[strings.ToLower(strings.TrimSpace(s[len(number):]))]
	if value *= factor; err != nil || !(value >= 1 && value < 1e18) {
		return fmt.Errorf("rate %q: want bits per second, such as 10Mbps", s)
	}
	*r = rateFlag(value)
	return nil
}
