package pack

import (
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"devops-go/internal/image"
)

// An Executable is a Linux program on this machine that goes into an image.
type Executable struct {
	// Path is where the program is.
	Path string
	// Platform is what its header says it runs on.
	Platform image.Platform
	// Interpreter is the program that loads it, and Libraries what that looks
	// for; both are empty for a static executable.
	Interpreter string
	Libraries   []string
	// Build is what the go command left in it; nil for other programs.
	Build *buildinfo.BuildInfo

	info fs.FileInfo
}

// Static reports whether the program needs no file beside it to start.
func (e *Executable) Static() bool { return e.Interpreter == "" && len(e.Libraries) == 0 }

// Name is the file's name without its directory.
func (e *Executable) Name() string { return filepath.Base(e.Path) }

// OpenExecutable reads the headers of the program at path, and refuses what a
// container can't start.
func OpenExecutable(path string) (*Executable, error) {
	e, err := openExecutable(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return e, nil
}

func openExecutable(path string) (*Executable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	e, err := readExecutable(f)
	if err != nil {
		return nil, err
	}
	if info.Mode()&0o111 == 0 {
		return nil, hint(errors.New("not executable"), "chmod +x "+path)
	}
	e.Path, e.info = path, info
	return e, nil
}

// cause leaves out the path, which the caller names.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

func hint(err error, text string) error { return &image.HintError{Err: err, Hint: text} }

// readExecutable reads the headers of a program.
func readExecutable(r io.ReaderAt) (*Executable, error) {
	magic := make([]byte, 64)
	n, err := r.ReadAt(magic, 0)
	if err != nil && err != io.EOF {
		return nil, cause(err)
	}
	if magic = magic[:n]; !bytes.HasPrefix(magic, []byte(elf.ELFMAG)) {
		return nil, notELF(magic)
	}
	f, err := elf.NewFile(r)
	if err != nil {
		return nil, fmt.Errorf("not a readable ELF file: %w", err)
	}
	defer f.Close()
	if err := checkWhole(f, r); err != nil {
		return nil, err
	}
	e := new(Executable)
	if err := e.link(f); err != nil {
		return nil, err
	}
	if info, err := buildinfo.Read(r); err == nil {
		e.Build = info
	}
	if err := e.checkSystem(f); err != nil {
		return nil, err
	}
	e.Platform, err = platform(f, headerFlags(f, magic), e.setting("GOARM"))
	if err != nil {
		return nil, err
	}
	return e, nil
}

// checkWhole refuses a file that ends before what is loaded of it does.
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

// notELF says what a file is that is no ELF file.
func notELF(magic []byte) error {
	for _, known := range []struct{ magic, what string }{
		{"#!", "a script, which an image of one program can't run"},
		{"MZ", "a Windows program"},
		{"\xcf\xfa\xed\xfe", "a macOS program"},
		{"\xca\xfe\xba\xbe", "a macOS program"},
		{"\x00asm", "a WebAssembly module"},
		{"!<arch>", "a library archive"},
	} {
		if bytes.HasPrefix(magic, []byte(known.magic)) {
			return hint(fmt.Errorf("not an ELF file but %s", known.what), "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build")
		}
	}
	return hint(errors.New("not an ELF file"), "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build")
}

// link learns how the program is started, and refuses what isn't a program.
func (e *Executable) link(f *elf.File) error {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		// Linux takes no longer path.
		b, err := io.ReadAll(io.LimitReader(p.Open(), 4096))
		if err != nil {
			return fmt.Errorf("interpreter: %w", err)
		}
		e.Interpreter = strings.TrimRight(string(b), "\x00")
	}
	switch f.Type {
	case elf.ET_EXEC:
	case elf.ET_DYN:
		flags, _ := f.DynValue(elf.DT_FLAGS_1)
		pie := len(flags) > 0 && elf.DynFlag1(flags[0])&elf.DF_1_PIE != 0
		if e.Interpreter == "" && !pie {
			return errors.New("a shared library, not a program")
		}
	case elf.ET_REL:
		return errors.New("an object file, which is not linked yet")
	case elf.ET_CORE:
		return errors.New("a core dump, not a program")
	default:
		return fmt.Errorf("not a program (%s)", f.Type)
	}
	libraries, err := f.ImportedLibraries()
	if err != nil {
		return fmt.Errorf("libraries: %w", err)
	}
	e.Libraries = libraries
	return nil
}

// checkSystem refuses programs of other systems that have ELF files.
func (e *Executable) checkSystem(f *elf.File) error {
	system := e.setting("GOOS")
	if system == "" {
		system = headerSystem(f)
	}
	if system != "linux" {
		return hint(fmt.Errorf("a program for %s, not for Linux", system), "build it with GOOS=linux")
	}
	return nil
}

// headerSystem returns the system that the header or a note names, and linux
// where nothing else is named.
func headerSystem(f *elf.File) string {
	switch f.OSABI {
	case elf.ELFOSABI_NONE, elf.ELFOSABI_LINUX:
	default:
		return strings.ToLower(strings.TrimPrefix(f.OSABI.String(), "ELFOSABI_"))
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_NOTE {
			continue
		}
		notes, err := io.ReadAll(io.LimitReader(p.Open(), 64<<10))
		if err != nil {
			continue
		}
		for _, name := range []string{"FreeBSD", "NetBSD", "OpenBSD", "DragonFly"} {
			if bytes.Contains(notes, []byte(name+"\x00")) {
				return name
			}
		}
	}
	return "linux"
}

// setting returns what the go command was told when it built the program.
func (e *Executable) setting(key string) string {
	if e.Build == nil {
		return ""
	}
	for _, s := range e.Build.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

// loaderHas reports whether the interpreter is the library, too, under whatever
// name: musl's is the C library.
func (e *Executable) loaderHas(library string) bool {
	if !strings.HasPrefix(filepath.Base(e.Interpreter), "ld-musl-") {
		return false
	}
	part, _, _ := strings.Cut(strings.TrimPrefix(library, "lib"), ".")
	return slices.Contains([]string{"c", "pthread", "rt", "m", "dl", "util", "xnet"}, part)
}

// static says how the program could be built to need nothing.
func (e *Executable) static() string {
	if e.setting("-buildmode") == "pie" && e.setting("CGO_ENABLED") == "0" {
		return "build it without -buildmode=pie, for which Go asks for an interpreter"
	}
	return "build it with CGO_ENABLED=0"
}

// needs lists what a program that isn't static asks for.
func (e *Executable) needs() string {
	all := e.Libraries
	if e.Interpreter != "" {
		all = append([]string{e.Interpreter}, all...)
	}
	return strings.Join(all, ", ")
}
