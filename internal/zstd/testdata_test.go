package zstd

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "make testdata anew with the zstd program")

// contents are what the frames of testdata hold. None depends on the machine.
func contents() map[string][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"layer", "blob", "digest", "manifest", "the", "of", "a", "is", "\n", "sha256:", "usr/lib/", ".so", "0000644"}
	var text, numbers, skewed bytes.Buffer
	for text.Len() < 40_000 {
		fmt.Fprintf(&text, "%s %x ", words[random.IntN(len(words))], random.IntN(1<<random.IntN(16)))
	}
	for i := range 3000 {
		fmt.Fprintf(&numbers, "%08d,%d\n", i*i, i%7)
	}
	for range 5000 {
		skewed.WriteByte(byte(random.NormFloat64()*8 + 100))
	}
	noise := make([]byte, 3000)
	rand.NewChaCha8([32]byte{1}).Read(noise)
	sparse := make([]byte, 40_000)
	for i := 0; i < len(sparse); i += 97 {
		sparse[i] = byte(i / 97)
	}
	same := append(bytes.Clone(noise), make([]byte, maxBlock-len(noise))...)
	for i := range 150 {
		same = append(append(same, 'x'), noise[i*19:][:10]...)
	}
	var keyed bytes.Buffer
	for i := range 500 {
		fmt.Fprintf(&keyed, "%c%c%c, and always the same of it", 33+i%91, 33+i%89, 33+i%83)
	}
	return map[string][]byte{
		"empty":   nil,
		"short":   text.Bytes()[:300],
		"byte":    []byte("x"),
		"hello":   []byte("hello hello hello, and hello again"),
		"text":    text.Bytes(),
		"numbers": numbers.Bytes(),
		"skewed":  skewed.Bytes(),
		"noise":   noise,
		"zeros":   make([]byte, 300_000),
		"sparse":  sparse,
		"same":    same,
		"keyed":   keyed.Bytes(),
		"far":     bytes.Join([][]byte{noise, text.Bytes(), make([]byte, 200_000), noise, text.Bytes()[1000:9000]}, nil),
		"large":   bytes.Repeat(append(skewed.Bytes(), numbers.Bytes()...), 8),
	}
}

// recipes are how the files of testdata were made: zstd's arguments for each of
// the contents in turn, one frame after the other.
var recipes = []struct {
	name     string
	contents []string
	args     []string
}{
	{"empty", []string{"empty"}, []string{"-3"}},
	{"byte", []string{"byte"}, []string{"-3", "--no-check"}},
	{"hello", []string{"hello"}, []string{"-19"}},
	{"short", []string{"short"}, []string{"-19"}},
	{"text-1", []string{"text"}, []string{"-1"}},
	{"text-19", []string{"text"}, []string{"-19"}},
	{"numbers-5", []string{"numbers"}, []string{"-5", "--no-content-size"}},
	{"numbers-22", []string{"numbers"}, []string{"--ultra", "-22"}},
	{"skewed", []string{"skewed"}, []string{"-9", "--no-check"}},
	{"noise", []string{"noise"}, []string{"-3"}},
	{"zeros", []string{"zeros"}, []string{"-3"}},
	{"sparse", []string{"sparse"}, []string{"--fast=3"}},
	{"far", []string{"far"}, []string{"--long=27", "-12"}},
	{"blocks", []string{"large"}, []string{"-2", "--zstd=wlog=12"}},
	{"large-16", []string{"large"}, []string{"-16"}},
	{"small-blocks", []string{"text"}, []string{"-6", "--zstd=wlog=10"}},
	{"same", []string{"same"}, []string{"-19"}},
	{"keyed", []string{"keyed"}, []string{"-7"}},
	{"frames", []string{"hello", "empty", "skewed", "zeros", "hello"}, []string{"-4"}},
}

// program runs zstd or another one.
func program(t testing.TB, stdin []byte, name string, args ...string) ([]byte, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip(err)
	}
	cmd := exec.Command(path, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	return cmd.Output()
}

// A golden is a file of testdata and what it holds.
type golden struct {
	name            string
	packed, content []byte
}

// goldens returns the files of testdata, made anew if that is asked for.
func goldens(t testing.TB) []golden {
	t.Helper()
	all := contents()
	var list []golden
	for _, r := range recipes {
		file := filepath.Join("testdata", r.name+".zst")
		var packed, content []byte
		for _, name := range r.contents {
			content = append(content, all[name]...)
			if *update {
				frame, err := program(t, all[name], "zstd", append(r.args, "-c")...)
				if err != nil {
					t.Fatal(err)
				}
				packed = append(packed, frame...)
			}
		}
		if *update {
			if err := os.WriteFile(file, packed, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		packed, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, golden{r.name, packed, content})
	}
	return list
}
