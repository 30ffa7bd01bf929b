package main

import (
	"context"
	"flag"
	"io"
	"slices"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func historyCommand() *command {
	return &command{
		name:  "history",
		usage: "[flags] IMAGE",
		short: "show the history of an image and what each step weighs",
		long: `Prints a line for every entry of the history, newest first like docker history, with
the instruction as it was written in the Dockerfile. Entries without a layer and layers
without an entry are shown as such. For an image in an engine, the engine is asked; it
doesn't know everything, and --content reads the layers as well.

--format also accepts a template like docker history, with the same functions. The
fields are .ID .CreatedSince .CreatedAt .CreatedBy .Size .Comment, and tare's own
.Instruction .Transfer .Files .Dead .Digest.

example: tare history --no-trunc image.tar
`,
		define: func(fs *flag.FlagSet) runner {
			h := historian{format: templateFlag{format: report.Text}}
			h.source.made = true
			h.source.defineAll(fs)
			h.source.defineMask(fs)
			h.source.defineContent(fs)
			fs.Var(&h.format, "format", "output `FORMAT`: table, json, markdown or a template such as '{{.Size}}'")
			fs.StringVar(&h.output.file, "o", "", "write to `FILE` instead of standard output")
			fs.BoolVar(&h.view.OldestFirst, "reverse", false, "show the oldest step first")
			fs.BoolVar(&h.view.ISO, "iso", false, "show exact times")
			fs.BoolVar(&h.view.NoTrunc, "no-trunc", false, "show whole instructions and digests")
			fs.BoolVar(&h.quiet, "q", false, "show only image IDs, like docker history -q")
			fs.BoolVar(&h.quiet, "quiet", false, "show only image IDs")
			fs.BoolVar(&h.human, "H", true, "in a template, print human-readable times and sizes; -H=false prints exact ones")
			fs.BoolVar(&h.human, "human", true, "in a template, print human-readable times and sizes")
			return h.run
		},
	}
}

// A historian is the history command with its flags.
type historian struct {
	source sourceFlags
	output outputFlags
	format templateFlag
	view   report.HistoryView
	quiet  bool
	human  bool
}

func (h *historian) run(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("history", args, 1, 1); err != nil {
		return err
	}
	list, err := h.histories(ctx, args[0], std)
	if err != nil {
		return err
	}
	h.view.Now, h.view.Exact = time.Now(), !h.human
	if h.quiet && h.format.template == nil && h.format.format == report.Text {
		if err := h.format.Set("{{.ID}}"); err != nil {
			return err
		}
	}
	if h.format.template == nil {
		h.output.format = formatFlag(h.format.format)
		doc := report.History(list[0], h.view)
		if h.source.all() {
			doc = report.Histories(list, h.view)
		}
		if slices.ContainsFunc(list, func(h layers.History) bool { return h.Size == nil && h.Unread == "" }) {
			doc = doc.WithNote(contentNote)
		}
		return h.output.write(ctx, doc, std)
	}
	lines := ""
	for _, history := range list {
		more, err := h.format.template.HistoryLines(history, h.view)
		if err != nil {
			return err
		}
		lines += more
	}
	return h.output.writeTo(ctx, std, func(w io.Writer) error {
		_, err := io.WriteString(w, lines)
		return err
	})
}

// histories asks the engine that has the image; it reads the layers where there
// is none, or where more is asked for than an engine knows. There is one, or one
// for each platform if all are asked for.
func (h *historian) histories(ctx context.Context, ref string, std stdio) ([]layers.History, error) {
	described, err := h.source.describe(ctx, ref, std)
	if err != nil {
		return nil, err
	}
	if described != nil && !h.source.content {
		return []layers.History{layers.HistoryDescribed(described)}, nil
	}
	var list []layers.History
	err = h.source.each(ctx, ref, std, func(img *image.Image) error {
		stack, err := h.source.readIfHere(ctx, img)
		if err != nil {
			return err
		}
		history := layers.HistoryUnread(img)
		if stack != nil {
			history = stack.History()
		}
		if described != nil && stack != nil && img.Source == image.Daemon {
			history.AddEngine(described)
		}
		list = append(list, history)
		return nil
	})
	return list, err
}

// templateFlag is a format or a template.
type templateFlag struct {
	format   report.Format
	template *report.Template
}

func (f *templateFlag) String() string { return string(f.format) }

func (f *templateFlag) Set(s string) (err error) {
	f.template = nil
	if f.format, err = report.ParseFormat(s); err == nil {
		return nil
	}
	f.template, err = report.ParseTemplate(s)
	return err
}
