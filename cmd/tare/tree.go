package main

import (
	"context"
	"flag"
	"fmt"

	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func treeCommand() *command {
	return &command{
		name:  "tree",
		usage: "[flags] IMAGE [PATH]",
		short: "list the files of an image or of one layer, with their sizes summed by directory",
		long: `The merged tree is what a container sees. Each file is listed with the layer that it
came from. Files that a layer removed are listed too, but not counted in the sizes of
directories.

example: tare tree --sort size --depth 2 --min-size 1MB image.tar /usr
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			var opts layers.ListOptions
			var least sizeFlag
			source.define(fs)
			source.defineMask(fs)
			output.define(fs)
			fs.IntVar(&opts.Layer, "layer", 0, "list what layer `N` (from 1) changes, instead of the merged tree")
			fs.IntVar(&opts.Depth, "depth", 0, "list only `N` levels of directories")
			fs.Var(&least, "min-size", "leave out files and directories smaller than `SIZE`")
			sort := fs.String("sort", "name", "sort by `KEY`: name or size")
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("tree", args, 1, 2); err != nil {
					return err
				}
				if *sort != "name" && *sort != "size" {
					return &usageError{fmt.Errorf("tree: --sort %q: want name or size", *sort)}
				}
				if opts.Layer < 0 || opts.Depth < 0 {
					return &usageError{fmt.Errorf("tree: --layer and --depth must not be negative")}
				}
				opts.BySize, opts.MinSize = *sort == "size", int64(least)
				if len(args) == 2 {
					opts.Path = args[1]
				}
				return tree(ctx, args[0], opts, &source, &output, std)
			}
		},
	}
}

func tree(ctx context.Context, ref string, opts layers.ListOptions, source *sourceFlags, output *outputFlags, std stdio) error {
	stack, err := source.read(ctx, ref, std)
	if err != nil {
		return err
	}
	defer stack.Image.Close()
	listing, err := stack.List(opts)
	if err != nil {
		return fmt.Errorf("%s: %w", report.Quote(ref), err)
	}
	return output.write(ctx, report.Tree(listing), std)
}
