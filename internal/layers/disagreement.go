package layers

// A Disagreement is a path that engines unpack differently, or that some of
// them refuse to. The merged tree has what the specification says, or what most
// of those that unpack it agree on.
type Disagreement struct {
	node  *Node
	layer int32
	// Reason is what they disagree about.
	Reason Reason
}

// Path is the path from the root, without a leading slash.
func (d *Disagreement) Path() string { return d.node.Path() }

// Layer is the index of the layer.
func (d *Disagreement) Layer() int { return int(d.layer) }

// A Reason is why engines disagree about a path.
type Reason uint8

// The reasons.
const (
	// OutsideRoot: the entry's name climbs above the root.
	OutsideRoot Reason = iota
	// RootFile: an entry that isn't a directory calls itself the root.
	RootFile
	// RootOpaque: the root is marked as opaque.
	RootOpaque
	// ReservedName: a name that begins with .wh. is a directory in the way to an
	// entry, or is a whiteout of such a name.
	ReservedName
	// EmptyWhiteout: a whiteout of no name, of "." or of "..".
	EmptyWhiteout
	// OwnWhiteout: the layer has both the path and a whiteout of it.
	OwnWhiteout
	// OverlayDevice: a character device 0:0, by which an overlay file system
	// itself notes that a path is gone.
	OverlayDevice
	// OverlayAttribute: an extended attribute by which an overlay file system
	// notes what it hides or moves.
	OverlayAttribute
	// BelowOther: a directory is taken for granted where a layer below has a
	// link or a file.
	BelowOther
	// BelowFile: a directory is taken for granted where the layer itself has a
	// file, or links in a loop.
	BelowFile
	// DanglingLink: an entry below a link to what the layer doesn't have.
	DanglingLink
	// ClimbingLink: an entry below a link whose target climbs above the root.
	ClimbingLink
	// UnlistedOpaque: a directory that the layer doesn't list, below an opaque
	// marker.
	UnlistedOpaque
	// Duplicate: the layer has the path twice.
	Duplicate
	// Replaced: the layer has something else where it had a directory before.
	Replaced
	// ImpliedDirectory: a directory that the layer doesn't list has, in a layer
	// below, another owner or mode than the one that is made for it.
	ImpliedDirectory
	// LinkBelow: a hard link to a file of a layer below.
	LinkBelow
	// LinkNowhere: a hard link to what isn't there.
	LinkNowhere
	// LinkDetour: a hard link whose target has "..".
	LinkDetour
	// UnknownType: an entry of a type that image layers don't have.
	UnknownType
	// LongName: a name of more than 255 bytes.
	LongName
)

// String says what is there and what becomes of it.
func (r Reason) String() string {
	return [...]string{
		OutsideRoot:      "its name climbs above the root: put at the root or refused",
		RootFile:         "an entry in the root's own name that is no directory: passed over or refused",
		RootOpaque:       "the root is marked as opaque: the layers below are hidden or stay in sight",
		ReservedName:     "a name that begins with .wh., which is reserved: a whiteout, a directory or passed over",
		EmptyWhiteout:    "a whiteout of nothing: passed over or refused",
		OwnWhiteout:      "the layer has both the path and a whiteout of it: the layers below are hidden, stay in sight or the layer is refused",
		OverlayDevice:    "a character device 0:0: a device or a whiteout",
		OverlayAttribute: "an attribute of overlay file systems: kept, dropped or obeyed",
		BelowOther:       "an entry below what is a link or a file in a layer under it: the link is followed or replaced by a directory",
		BelowFile:        "an entry below what is no directory in its own layer: refused, or a directory is made",
		DanglingLink:     "a directory that only a link of the layer leads to: made or refused",
		ClimbingLink:     "an entry below a link whose target climbs above the root: the link is followed or the layer is refused",
		UnlistedOpaque:   "a directory that its layer doesn't list, where its layer also has an opaque marker: it stays or is hidden",
		Duplicate:        "the layer has it twice: the last one holds, or the layer is refused",
		Replaced:         "a directory that its own layer replaces: replaced or refused",
		ImpliedDirectory: "a directory that its layer doesn't list: it has the mode and the owner of the layers below, or becomes root's with mode 0755 or, in a set-group-ID directory, 2755",
		LinkBelow:        "a hard link to a file of a layer under it: linked or refused",
		LinkNowhere:      "a hard link to what isn't there: refused",
		LinkDetour:       "a hard link to a target with \"..\": refused or linked, and the file's mode set or not",
		UnknownType:      "an entry of a type that layers don't have: a file or refused",
		LongName:         "a name of more than 255 bytes: refused",
	}[r]
}

// Disagreements are the paths about which engines disagree, layer by layer.
func (s *Stack) Disagreements() []Disagreement { return s.disagreements }

func (s *Stack) disagree(n *Node, layer int32, r Reason) {
	if last := len(s.disagreements) - 1; last >= 0 && s.disagreements[last] == (Disagreement{n, layer, r}) {
		return
	}
	s.disagreements = append(s.disagreements, Disagreement{n, layer, r})
}
