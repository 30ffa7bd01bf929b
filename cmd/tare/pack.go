package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"time"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/oci"
	"devops-go/internal/pack"
	"devops-go/internal/pgzip"
)

func packCommand() *command {
	return &command{
		name:  "pack",
		usage: "[flags] BINARY…",
		short: "make a reproducible image from static executables",
		long: `The platform is read from the executable; executables for several platforms make a
multi-platform image. Neither an engine nor a base image is needed. All times in the
image are SOURCE_DATE_EPOCH if it is set, otherwise the time of the commit that the
executable was built from, otherwise 1970. The values of --entrypoint, --cmd and
--healthcheck are JSON arrays, or words separated by spaces.

example: tare pack --tag app:1.0 --expose 8000 -o app.tar ./app
`,
		define: func(fs *flag.FlagSet) runner {
			p := &packer{}
			p.define(fs)
			return p.run
		},
	}
}

// A packer holds the flags of tare pack.
type packer struct {
	tag     string
	config  configFlags
	add     addFlag
	layers  listFlag
	base    string
	press   pressFlags
	source  sourceFlags
	sbom    sbomFlag
	dest    destFlags
	summary summaryFlags
}

func (p *packer) define(fs *flag.FlagSet) {
	fs.StringVar(&p.tag, "tag", "", "name the image `NAME[:TAG]`; by default the name in --push or that of the executable")
	p.config.define(fs)
	fs.Var(&p.add, "add", "add a file or directory, `SRC:DST[:MODE]`; may be repeated")
	fs.Var(&p.layers, "layer", "add the root file system in `TAR` as a layer below the executable; may be repeated")
	fs.StringVar(&p.base, "base", "", "build on the base `IMAGE`, from any transport")
	p.press.define(fs)
	p.source.defineNetwork(fs)
	p.source.network.defineUpload(fs)
	p.source.maxSize = image.DefaultMaxSize
	fs.Var(&p.source.maxSize, "max-size", "fail if a layer unpacks to more than `SIZE`")
	fs.Var(&p.sbom, "sbom", "attach an SBOM in `FORMAT`: spdx or cyclonedx")
	p.dest.define(fs)
	p.dest.definePush(fs)
	p.summary.define(fs)
}

func (p *packer) run(ctx context.Context, args []string, std stdio) error {
	if len(args) == 0 {
		return &usageError{fmt.Errorf("pack: no executable given")}
	}
	to, err := p.dest.parse("pack")
	if err != nil {
		return err
	}
	if err := to.check(std); err != nil {
		return err
	}
	spec, err := p.spec(args, to.scratchDir(), std)
	if err != nil {
		return err
	}
	b, err := pack.Build(ctx, spec)
	if err != nil {
		return err
	}
	defer b.Close()
	if err := p.sbom.attach(ctx, b, int64(p.source.maxSize)); err != nil {
		return err
	}
	if err := to.write(ctx, b, p.source.network, std); err != nil {
		return err
	}
	return p.summary.write(ctx, b, to.stdout(), std)
}

// spec turns flags and arguments into what is to be packed.
func (p *packer) spec(args []string, scratch string, std stdio) (pack.Spec, error) {
	s := pack.Spec{Add: p.add, Layers: p.layers, Annotations: p.config.annotations, Run: p.config.RunConfig}
	for _, path := range args {
		e, err := pack.OpenExecutable(path)
		if err != nil {
			return s, err
		}
		s.Executables = append(s.Executables, e)
	}
	var err error
	if s.Name, err = p.name(s.Executables[0]); err != nil {
		return s, err
	}
	if s.Created, err = sourceDate(); err != nil {
		return s, err
	}
	s.Press = p.press.press(scratch, int64(p.source.maxSize))
	if p.base != "" {
		s.Base = func(ctx context.Context, platform oci.Platform) (*image.Image, error) {
			source := p.source
			source.platform = platformFlag(platform)
			return source.open(ctx, p.base, std)
		}
	}
	return s, nil
}

// sourceDate returns the time that SOURCE_DATE_EPOCH asks for
// (reproducible-builds.org), nil where it isn't set.
func sourceDate() (*time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return nil, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	const latest = 253402300799 // the end of 9999, of RFC 3339 and of tar's octal digits
	if err != nil || seconds < 0 || seconds > latest {
		return nil, fmt.Errorf("SOURCE_DATE_EPOCH %q: want seconds since 1970", text)
	}
	t := time.Unix(seconds, 0).UTC()
	return &t, nil
}

// pressFlags say how layers are compressed.
type pressFlags struct {
	compression compressionFlag
	level       levelFlag
}

func (p *pressFlags) define(fs *flag.FlagSet) {
	p.compression, p.level = compressionFlag(image.Gzip), bundle.DefaultLevel
	fs.Var(&p.compression, "compression", "compress layers with `METHOD`: gzip, zstd or none")
	fs.Var(&p.level, "level", "compression `LEVEL`: 1 to 9, or best")
}

func (p *pressFlags) press(dir string, maxSize int64) bundle.Press {
	return bundle.Press{Compression: image.Compression(p.compression), Level: int(p.level), Dir: dir, MaxSize: maxSize}
}

type compressionFlag image.Compression

func (c *compressionFlag) String() string { return string(*c) }

func (c *compressionFlag) Set(s string) error {
	if s != string(image.Gzip) && s != string(image.Zstd) && s != string(image.Uncompressed) {
		return fmt.Errorf("compression %q: want gzip, zstd or none", s)
	}
	*c = compressionFlag(s)
	return nil
}

type levelFlag int

func (l *levelFlag) String() string {
	if *l == pgzip.Best {
		return "best"
	}
	return strconv.Itoa(int(*l))
}

func (l *levelFlag) Set(s string) error {
	if s == "best" {
		*l = pgzip.Best
		return nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > 9 {
		return fmt.Errorf("level %q: want 1 to 9 or best", s)
	}
	*l = levelFlag(n)
	return nil
}
