package layers_test

import (
	"strings"
	"testing"

	"devops-go/internal/engine"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// The room that layers take, worked out by hand: blocks of 4096 bytes for the
// root, each directory, each file begun; none for a short link.
func TestDiskUsage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		layer  it.Layer
		blocks int64
	}{
		{"nothing", it.Plain(), 1},
		{"one byte", it.Plain(it.Sized("a", 1)), 2},
		{"a block and one byte", it.Plain(it.Sized("a", 4097)), 3},
		{"an empty file", it.Plain(it.Sized("a", 0)), 1},
		{"parents that aren't listed", it.Plain(it.Sized("a/b/c", 1)), 4},
		{"parents that are", it.Plain(it.Dir("a"), it.Dir("a/b"), it.Sized("a/b/c", 1)), 4},
		{"a short link", it.Plain(it.Symlink("a", strings.Repeat("x", 59))), 1},
		{"a long link", it.Plain(it.Symlink("a", strings.Repeat("x", 60))), 2},
		{"two names", it.Plain(it.Sized("a", 1), it.Link("b", "a")), 2},
		{"replaced in the layer", it.Plain(it.Sized("a", 9000), it.Sized("a", 1)), 2},
		{"a whiteout", it.Plain(it.Sized("d/.wh.a", 0)), 2},
		{"an opaque directory", it.Plain(it.Sized("d/.wh..wh..opq", 0)), 2},
	} {
		if got := read(t, tt.layer).Layers[0].DiskUsage(); got != tt.blocks*4096 {
			t.Errorf("%s: %d bytes, want %d blocks", tt.name, got, tt.blocks)
		}
	}
}

func steps(records ...string) []engine.HistoryEntry {
	var list []engine.HistoryEntry
	for _, record := range records { // newest first, as engines answer
		e := engine.HistoryEntry{CreatedBy: record}
		if rest, ok := strings.CutPrefix(record, "+"); ok {
			e = engine.HistoryEntry{CreatedBy: rest, Size: 7}
		}
		list = append(list, e)
	}
	return list
}

// Which step made which layer, as far as an engine's words tell.
func TestHistoryDescribed(t *testing.T) {
	for _, tt := range []struct {
		name   string
		steps  []engine.HistoryEntry
		layers string
		want   string // the layers by row, oldest first; - made none, ? nobody knows
	}{
		{"sizes tell", steps("CMD x", "+COPY a /", "WORKDIR /", "+ADD b /"), "b a", "b - a -"},
		{"the rest are layers", steps("CMD x", "WORKDIR /w", "+ADD b /"), "b w", "b w -"},
		{"too many for the rest", steps("RUN true", "WORKDIR /w", "+ADD b /"), "b w", "? ? ?"},
		{"more layers than steps", steps("+ADD b /"), "b c", "b c!"},
		{"fewer layers than sizes", steps("+ADD b /", "+ADD a /"), "a", "? ?"},
		{"no steps", nil, "a", "a!"},
	} {
		d := &image.Description{Steps: tt.steps}
		d.Held.RootFS.Layers = strings.Fields(tt.layers)
		var got []string
		for _, row := range layers.HistoryDescribed(d).Rows {
			switch {
			case row.Unmatched != "":
				got = append(got, row.DiffID+"!")
			case row.Layer != nil:
				got = append(got, row.DiffID)
			case row.EmptyLayer:
				got = append(got, "-")
			default:
				got = append(got, "?")
			}
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
