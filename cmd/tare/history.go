package main

import (
	"context"
	"flag"
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
layers without an entry are shown as such.

example: tare history --no-trunc image.tar
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.define(fs)
			source.defineContent(fs)
			output.define(fs)
			view := report.HistoryView{}
			fs.BoolVar(&view.OldestFirst, "reverse", false, "show the oldest step first")
			fs.BoolVar(&view.ISO, "iso", false, "show exact times")
			fs.BoolVar(&view.NoTrunc, "no-trunc", false, "show whole instructions and digests")
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("history", args, 1, 1); err != nil {
					return err
				}
				h, err := history(ctx, args[0], &source, std)
				if err != nil {
					return err
				}
				view.Now = time.Now()
				return output.write(ctx, report.History(h, view), std)
			}
		},
	}
}

func history(ctx context.Context, ref string, source *sourceFlags, std stdio) (layers.History, error) {
	img, stack, err := source.readOrOpen(ctx, ref, std)
	if err != nil {
		return layers.History{}, err
	}
	defer img.Close()
	if stack == nil {
		return layers.HistoryUnread(img), nil
	}
	return stack.History(), nil
}
