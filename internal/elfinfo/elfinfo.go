// Package elfinfo reads ELF executables: their platform, their interpreter and the
// libraries they need, Go's build information, and the size of their debug
// information. The caller decides whether the files that a program needs exist.
package elfinfo

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Magic is what every ELF file begins with.
const Magic = elf.ELFMAG

// A File is what is known of an ELF file.
type File struct {
	Type    elf.Type
	Machine elf.Machine
	Class   elf.Class
	Order   elf.Data
	// System is what it was built for: "linux" where nothing says otherwise.
	System string
	// Interpreter is the path of the program that loads it, Libraries what that
	// looks for, and RunPath where the file says to look first. All are empty for
	// a static executable.
	Interpreter string
	Libraries   []string
	RunPath     []string
	// Debug is how many bytes of symbols and debug information can go.
	Debug int64
	// Build is what the go command left in it; nil for other programs.
	Build *buildinfo.BuildInfo
	// Damage says which part could not be read; the others hold.
	Damage error

	independent bool // position-independent, and marked as an executable
	// variant tells kinds of an architecture apart; abi is what is wrong with the
	// flags of the header.
	variant string
	abi     error
}

// A NotELFError says that a file has another format.
type NotELFError struct {
	// What it is, if that is known: "a script".
	What string
}

func (e *NotELFError) Error() string {
	if e.What == "" {
		return "not an ELF file"
	}
	return "not an ELF file but " + e.What
}

// Read reads an ELF file. The error is a [NotELFError], or says why there is
// nothing to be read.
func Read(r io.ReaderAt) (*File, error) {
	header := make([]byte, 64)
	n, err := r.ReadAt(header, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if header = header[:n]; !bytes.HasPrefix(header, []byte(Magic)) {
		return nil, &NotELFError{format(header)}
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("not a readable ELF file: %w", err)
	}
	defer f.Close()
	p := &File{Type: f.Type, Machine: f.Machine, Class: f.Class, Order: f.Data, System: system(f)}
	p.damaged("", checkWhole(f, r))
	p.readSegments(f)
	p.readDynamic(f)
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && isDebug(s.Name) {
			p.Debug += int64(min(s.FileSize, uint64(math.MaxInt64-p.Debug)))
		}
	}
	if info, err := buildinfo.Read(r); err == nil {
		p.Build = info
		if goos := p.Setting("GOOS"); goos != "" {
			p.System = goos
		}
	}
	p.readFlags(f, header)
	return p, nil
}

// format says what a file is by its first bytes; "" where that isn't known.
func format(header []byte) string {
	for _, known := range []struct{ magic, what string }{
		{"#!", "a script"},
		{"MZ", "a Windows program"},
		{"\xcf\xfa\xed\xfe", "a macOS program"},
		{"\xca\xfe\xba\xbe", "a macOS program"},
		{"\x00asm", "a WebAssembly module"},
		{"!<arch>", "a library archive"},
	} {
		if bytes.HasPrefix(header, []byte(known.magic)) {
			return known.what
		}
	}
	return ""
}

// damaged remembers the first damage.
func (f *File) damaged(part string, err error) {
	switch {
	case err == nil || f.Damage != nil:
	case part == "":
		f.Damage = err
	default:
		f.Damage = fmt.Errorf("%s: %w", part, err)
	}
}

// checkWhole finds that a file ends before what is loaded of it does.
func checkWhole(f *elf.File, r io.ReaderAt) error {
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 {
			continue
		}
		end := p.Off + p.Filesz
		if _, err := r.ReadAt(make([]byte, 1), int64(end-1)); err != nil || end < p.Off {
			return fmt.Errorf("cut short: a segment ends at byte %d", end)
		}
	}
	return nil
}

// maxInterpreter is the longest path that Linux takes.
const maxInterpreter = 4096

func (f *File) readSegments(from *elf.File) {
	for _, segment := range from.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(io.LimitReader(segment.Open(), maxInterpreter))
		f.damaged("interpreter", err)
		if err == nil {
			f.Interpreter, _, _ = strings.Cut(string(name), "\x00")
		}
	}
}

func (f *File) readDynamic(from *elf.File) {
	flags, _ := from.DynValue(elf.DT_FLAGS_1)
	f.independent = len(flags) > 0 && elf.DynFlag1(flags[0])&elf.DF_1_PIE != 0
	var err error
	f.Libraries, err = from.ImportedLibraries()
	f.damaged("libraries", err)
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		list, _ := from.DynString(tag)
		for _, paths := range list {
			f.RunPath = append(f.RunPath, strings.Split(paths, ":")...)
		}
	}
}

// isDebug holds for the sections that -s -w leaves out.
func isDebug(name string) bool {
	return name == ".symtab" || name == ".strtab" || strings.HasPrefix(name, ".debug_") || strings.HasPrefix(name, ".zdebug_")
}

// CheckProgram returns nil for a program, and for a library, an object or a core
// dump an error that says so.
func (f *File) CheckProgram() error {
	switch f.Type {
	case elf.ET_EXEC:
		return nil
	case elf.ET_DYN:
		// A static position-independent executable has no interpreter, but a mark.
		if f.Interpreter == "" && !f.independent {
			return errors.New("a shared library, not a program")
		}
		return nil
	case elf.ET_REL:
		return errors.New("an object file, which is not linked yet")
	case elf.ET_CORE:
		return errors.New("a core dump, not a program")
	}
	return fmt.Errorf("not a program (%s)", f.Type)
}

// Static reports whether the program needs no file beside it to start.
func (f *File) Static() bool { return f.Interpreter == "" && len(f.Libraries) == 0 }

// Setting returns what the go command was told when it built the program.
func (f *File) Setting(key string) string {
	if f.Build == nil {
		return ""
	}
	for _, s := range f.Build.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}
