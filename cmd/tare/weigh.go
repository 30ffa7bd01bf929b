package main

import (
	"context"
	"flag"
	"fmt"
	"slices"

	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func weighCommand() *command {
	return &command{
		name:  "weigh",
		usage: "[flags] IMAGE…",
		short: "show what images weigh",
		long: `size is the uncompressed size of all layers, transfer what a pull transfers, net the
executable that the image starts, tare the rest, and dead what no container sees;
wasted and efficiency are dive's figures. For an image in an engine, the engine is
asked; it doesn't know everything, and --content reads the layers instead.

example: tare weigh docker-daemon:alpine:3.20
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.made = true
			source.defineAll(fs)
			source.defineMask(fs)
			source.defineContent(fs)
			output.define(fs)
			net := fs.String("net", "", "count the files that match `PATTERN` as net instead of the executable")
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("weigh", args, 1, -1); err != nil {
					return err
				}
				if err := wantOneStdin("weigh", args); err != nil {
					return err
				}
				var list []layers.Weight
				for _, ref := range args {
					weights, err := weigh(ctx, ref, *net, &source, std)
					if err != nil {
						return err
					}
					list = append(list, weights...)
				}
				doc := report.Weights(list)
				if slices.ContainsFunc(list, func(w layers.Weight) bool { return w.Size == nil && w.Unread == "" }) {
					doc = doc.WithNote(contentNote)
				}
				return output.write(ctx, doc, std)
			}
		},
	}
}

// weigh weighs the image, or all its platforms if they are asked for.
func weigh(ctx context.Context, ref, net string, source *sourceFlags, std stdio) ([]layers.Weight, error) {
	if !source.content && net == "" {
		described, err := source.describe(ctx, ref, std)
		if err != nil {
			return nil, err
		}
		if described != nil {
			return []layers.Weight{layers.WeighDescribed(described)}, nil
		}
	}
	var list []layers.Weight
	err := source.each(ctx, ref, std, func(img *image.Image) error {
		stack, err := source.readIfHere(ctx, img)
		if err != nil {
			return err
		}
		if stack == nil {
			list = append(list, layers.WeighUnread(img))
			return nil
		}
		w, err := stack.Weigh(net)
		if err != nil {
			return fmt.Errorf("--net %s: %w", report.Quote(net), err)
		}
		list = append(list, w)
		return nil
	})
	return list, err
}
