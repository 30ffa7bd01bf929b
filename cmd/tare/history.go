package main

import (
	"context"
	"flag"
	"io"
	"time"

	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func historyCommand() *command {
	return &command{
		name:  "history",
		usage: "[flags] IMAGE",
		short: "show how an image came about and what each step weighs",
		long: `A line for every entry of the history, newest first as docker history has it,
with the instruction as it stood in the Dockerfile. Entries without a layer and
layers without an entry are shown as such. --format also takes a template as
docker history does: .ID .CreatedSince .CreatedAt .CreatedBy .Size .Comment, and
.Instruction .Transfer .Files .Dead .Digest.

example: tare history --no-trunc image.tar
`,
		define: func(fs *flag.FlagSet) runner {
			h := historian{format: templateFlag{format: report.Text}}
			h.source.define(fs)
			h.source.defineContent(fs)
			fs.Var(&h.format, "format", "write `table`, json, markdown or a template as '{{.Size}}'")
			fs.StringVar(&h.output.file, "o", "", "write to `FILE` instead of standard output")
			fs.BoolVar(&h.view.OldestFirst, "reverse", false, "show the oldest step first")
			fs.BoolVar(&h.view.ISO, "iso", false, "show exact times")
			fs.BoolVar(&h.view.NoTrunc, "no-trunc", false, "show whole instructions and digests")
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
}

func (h *historian) run(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("history", args, 1, 1); err != nil {
		return err
	}
	img, stack, err := h.source.readOrOpen(ctx, args[0], std)
	if err != nil {
		return err
	}
	defer img.Close()
	history := layers.HistoryUnread(img)
	if stack != nil {
		history = stack.History()
	}
	h.view.Now = time.Now()
	if h.format.template != nil {
		lines := h.format.template.HistoryLines(history, img.ConfigDigest.String(), h.view)
		return h.output.writeTo(ctx, std, func(w io.Writer) error {
			_, err := io.WriteString(w, lines)
			return err
		})
	}
	h.output.format = formatFlag(h.format.format)
	return h.output.write(ctx, report.History(history, h.view), std)
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
