// Command archive packs a directory into a file. The same files always give the same bytes:
//
//	go run ./scripts/archive SECONDS DIRECTORY FILE
//
// SECONDS is the time of all entries, since the Unix epoch. FILE ends in .tar.gz or .zip.
// The entries begin with the name of the directory. They have no owner and come in the
// order of their names. A file that its owner may execute is executable for all users.
package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "archive:", err)
		os.Exit(1)
	}
}

// archiveWriter is an archive that is being written.
type archiveWriter interface {
	add(name string, mode fs.FileMode, size int64, at time.Time) (io.Writer, error)
	Close() error
}

func run(args []string) (err error) {
	if len(args) != 3 {
		return errors.New("want SECONDS DIRECTORY FILE")
	}
	seconds, err := strconv.ParseInt(args[0], 10, 64)
	if err != nil {
		return err
	}
	file, err := os.Create(args[2])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	var to archiveWriter
	switch {
	case strings.HasSuffix(args[2], ".tar.gz"):
		zipped := gzip.NewWriter(file)
		defer func() { err = errors.Join(err, zipped.Close()) }()
		to = tarFile{tar.NewWriter(zipped)}
	case strings.HasSuffix(args[2], ".zip"):
		to = zipFile{zip.NewWriter(file)}
	default:
		return fmt.Errorf("%s: want a file that ends in .tar.gz or .zip", args[2])
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	return pack(to, args[1], time.Unix(seconds, 0).UTC())
}

// pack adds all files below a directory. fs.WalkDir visits them in the order of their
// names.
func pack(to archiveWriter, directory string, at time.Time) error {
	top := filepath.Base(directory)
	return fs.WalkDir(os.DirFS(directory), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no regular file", name)
		}
		mode := fs.FileMode(0o644)
		if info.Mode()&0o100 != 0 {
			mode = 0o755
		}
		content, err := os.Open(filepath.Join(directory, name))
		if err != nil {
			return err
		}
		defer func() { _ = content.Close() }()
		w, err := to.add(path.Join(top, name), mode, info.Size(), at)
		if err != nil {
			return err
		}
		_, err = io.Copy(w, content)
		return err
	})
}

type tarFile struct{ *tar.Writer }

func (f tarFile) add(name string, mode fs.FileMode, size int64, at time.Time) (io.Writer, error) {
	return f.Writer, f.WriteHeader(&tar.Header{Name: name, Mode: int64(mode), Size: size, ModTime: at, Format: tar.FormatPAX})
}

type zipFile struct{ *zip.Writer }

func (f zipFile) add(name string, mode fs.FileMode, _ int64, at time.Time) (io.Writer, error) {
	header := &zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at}
	header.SetMode(mode)
	return f.CreateHeader(header)
}
