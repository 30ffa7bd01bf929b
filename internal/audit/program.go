package audit

import (
	"debug/buildinfo"
	"debug/elf"
	"io"
	"strings"
)

const elfMagic = "\x7fELF"

// A program is what is known of an ELF file.
type program struct {
	machine elf.Machine
	order   elf.Data
	// executable tells programs from libraries and objects.
	executable bool
	loader     string   // the interpreter of a dynamic executable
	needed     []string // libraries
	runPath    []string
	// debug is the bytes of symbols and debug information that can go.
	debug int64
	// goVersion is empty for what Go didn't build.
	goVersion string
	// roots are modules that bring certificates.
	roots bool

	client, pool bool
}

// readProgram reads what it can of the ELF file at; nil where it is none.
// Damage is no matter of an audit.
func readProgram(at io.ReaderAt, sought *needles) *program {
	f, err := elf.NewFile(at)
	if err != nil {
		return nil
	}
	p := &program{machine: f.Machine, order: f.Data, client: sought.client(), pool: sought.pool()}
	p.readSegments(f)
	for _, s := range f.Sections {
		if s.Type != elf.SHT_NOBITS && isDebug(s.Name) {
			p.debug += int64(s.FileSize)
		}
	}
	// What is needed is of no use where the dynamic section is damaged.
	p.needed, _ = f.ImportedLibraries()
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		list, _ := f.DynString(tag)
		for _, paths := range list {
			p.runPath = append(p.runPath, strings.Split(paths, ":")...)
		}
	}
	if info, err := buildinfo.Read(at); err == nil {
		p.goVersion = info.GoVersion
		for _, m := range info.Deps {
			p.roots = p.roots || strings.Contains(m.Path, "x509roots") || strings.Contains(m.Path, "rootcerts")
		}
	}
	return p
}

// maxInterpreter bounds the name of a loader.
const maxInterpreter = 4096

func (p *program) readSegments(f *elf.File) {
	p.executable = f.Type == elf.ET_EXEC
	for _, segment := range f.Progs {
		if segment.Type != elf.PT_INTERP {
			continue
		}
		name, err := io.ReadAll(io.LimitReader(segment.Open(), maxInterpreter))
		if err == nil {
			p.loader, _, _ = strings.Cut(string(name), "\x00")
			p.executable = true
		}
	}
	// A static position-independent executable has an entry point; most
	// libraries have none.
	if f.Type == elf.ET_DYN && f.Entry != 0 {
		p.executable = true
	}
}

// isDebug holds for the sections that -s -w leaves out.
func isDebug(name string) bool {
	return name == ".symtab" || name == ".strtab" || strings.HasPrefix(name, ".debug_") || strings.HasPrefix(name, ".zdebug_")
}

// runsOn reports whether the program is of that architecture; true where the
// architecture isn't known here.
func (p *program) runsOn(architecture string) bool {
	want, ok := map[string]struct {
		machine elf.Machine
		order   elf.Data
	}{
		"amd64":   {elf.EM_X86_64, elf.ELFDATA2LSB},
		"386":     {elf.EM_386, elf.ELFDATA2LSB},
		"arm":     {elf.EM_ARM, elf.ELFDATA2LSB},
		"arm64":   {elf.EM_AARCH64, elf.ELFDATA2LSB},
		"riscv64": {elf.EM_RISCV, elf.ELFDATA2LSB},
		"ppc64le": {elf.EM_PPC64, elf.ELFDATA2LSB},
		"ppc64":   {elf.EM_PPC64, elf.ELFDATA2MSB},
		"s390x":   {elf.EM_S390, elf.ELFDATA2MSB},
		"loong64": {elf.EM_LOONGARCH, elf.ELFDATA2LSB},
	}[architecture]
	if !ok {
		return true
	}
	// A machine of 64 bits runs programs of 32 by the same maker.
	return p.machine == want.machine && p.order == want.order || architecture == "amd64" && p.machine == elf.EM_386
}

// architecture is the program's, in the words of images.
func (p *program) architecture() string {
	switch p.machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_386:
		return "386"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_S390:
		return "s390x"
	case elf.EM_LOONGARCH:
		return "loong64"
	}
	return strings.ToLower(strings.TrimPrefix(p.machine.String(), "EM_"))
}
