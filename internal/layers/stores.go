package layers

import (
	"archive/tar"
	"encoding/json"

	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// Stores are the sizes that the places which may keep an image give to it once
// it was sent there. See docs/measures.md.
type Stores struct {
	Registry   *int64 `json:"registry"`
	Overlay2   *int64 `json:"overlay2"`
	Containerd *int64 `json:"containerd"`
}

// Overlay2Size is what a Docker Engine with the overlay2 store says of the
// image after a load: it looks at the unpacked layers.
func (s *Stack) Overlay2Size() int64 {
	var size int64
	for _, l := range s.Layers {
		size += l.Unpacked
	}
	return size
}

// ContainerdSize is what a Docker Engine with the containerd store says of the
// image after a load: the blobs as they are stored here, and the room that the
// unpacked layers take on disk.
func (s *Stack) ContainerdSize() int64 {
	size := s.manifestSize() + int64(len(s.Image.RawConfig))
	stored := map[string]bool{} // a blob that is two layers is kept once
	for _, l := range s.Layers {
		key := l.Descriptor.Digest.String()
		if key == "" {
			key = l.DiffID.String()
		}
		if !stored[key] && l.Descriptor.Size > 0 {
			size += l.Descriptor.Size
		}
		stored[key] = true
		size += l.DiskUsage()
	}
	return size
}

// manifestSize is the size of the manifest, or of the one that containerd makes
// for an archive without.
func (s *Stack) manifestSize() int64 {
	if s.Image.RawManifest != nil {
		return s.Image.ManifestSize()
	}
	const config, plain = "application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar"
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeDockerManifest, Layers: []oci.Descriptor{}}
	m.Config = oci.Descriptor{MediaType: config, Digest: s.Image.ConfigDigest, Size: int64(len(s.Image.RawConfig))}
	for _, l := range s.Layers {
		d := oci.Descriptor{MediaType: plain, Digest: l.DiffID, Size: l.Descriptor.Size}
		if l.Compression != image.Uncompressed {
			d.MediaType += ".gzip"
		}
		m.Layers = append(m.Layers, d)
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return int64(len(b))
}

// How ext4 with its usual blocks and inodes keeps files.
const (
	block = 4096
	// inlineTarget is the longest target that a symbolic link holds in its inode.
	inlineTarget = 59
	// dirRoom is what of a directory's block is there for entries, after those
	// for itself and its parent and the checksum.
	dirRoom = block - 24 - 12
	// dirFill is how full, in percent, the blocks of a directory of several are:
	// one that runs over is split in halves.
	dirFill = 72
)

// DiskUsage is the room that the unpacked layer takes, as the containerd store
// measures it: whole blocks of files, directories and long symbolic links; also
// of directories that the layer doesn't list but has something in.
func (l *Layer) DiskUsage() int64 {
	dirs := map[*Node]int{} // bytes of their entries
	inodes := map[*Entry]bool{}
	var size int64
	for _, e := range l.Entries {
		n := e.Node
		if !e.last {
			continue // a later one replaces it
		}
		if e.Kind == Opaque || e.Kind == File && e.Type == tar.TypeDir || n.Parent == nil {
			countDir(dirs, n)
			continue
		}
		inParent(dirs, n)
		inode := e.Inode()
		if e.Kind != File || inodes[inode] {
			continue
		}
		if inode != e || inode.target != nil {
			inodes[inode] = true // as it has other names
		}
		size += inode.diskUsage()
	}
	root := 0
	for n, room := range dirs {
		size += dirUsage(room)
		if n.Parent == nil {
			root = 1
		}
	}
	return size + int64(1-root)*block
}

// countDir counts a directory, and its entry in those above.
func countDir(dirs map[*Node]int, n *Node) {
	if _, ok := dirs[n]; ok {
		return
	}
	dirs[n] = 0
	if n.Parent != nil {
		inParent(dirs, n)
	}
}

// inParent counts the entry of n in the directory that it is in.
func inParent(dirs map[*Node]int, n *Node) {
	countDir(dirs, n.Parent)
	dirs[n.Parent] += 8 + (len(n.Name)+3)&^3
}

func dirUsage(room int) int64 {
	if room <= dirRoom {
		return block
	}
	perBlock := (block - 12) * dirFill / 100
	return int64(1+(room+perBlock-1)/perBlock) * block
}

func (e *Entry) diskUsage() int64 {
	switch {
	case e.Type == tar.TypeSymlink && len(e.Link) <= inlineTarget:
		return 0
	case e.Type == tar.TypeSymlink:
		return block
	case e.IsRegular():
		return (e.Size + block - 1) / block * block
	}
	return 0
}
