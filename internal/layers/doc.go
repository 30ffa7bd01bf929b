/*
Package layers reads the contents of the layers of an image: their entries, the merged
tree that a container sees, and every size that tare reports. Opening images is left to
package image.

A layer is a changeset in a tar archive (OCI image specification, layer.md): entries add
or replace files, and an entry .wh.NAME, a whiteout, removes NAME of the layers below. An
entry .wh..wh..opq makes its directory opaque, which removes everything that the layers
below have in it. [Read] works in two steps:

 1. The layers are read in parallel. The entries of all layers share one tree of paths,
    with a [Node] for each path that any layer mentions. Memory therefore grows with the
    number of paths and entries, never with the contents.
 2. The layers are applied in order. Each is first unpacked by itself, see changeset.go,
    the way engines with an overlay store do it: entries replace each other in the order
    of the archive, and symbolic links in the path of an entry are followed. Then the
    result is merged into the tree, see merge.go: whiteouts and opaque directories
    affect only the layers below, whatever their position in the archive, and a
    directory keeps its contents if it is listed again, but not if another type of file
    replaces it.

Sizes are those in the headers of regular files. A hard link shares the content of its
target, so content counts as dead only when the last name of it is gone; see
docs/measures.md for all definitions. Where engines are known to unpack a layer
differently, the tree shows what the specification asks for, and
[Stack.Disagreements] has the path.
*/
package layers
