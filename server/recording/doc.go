// Package recording is the file in which a run of the playground is kept: its
// writer, its reader, and the recorder that writes it while the cluster runs.
//
// A recording is a text file of JSON lines (https://jsonlines.org), or such a
// file compressed by gzip. Its lines are, in this order:
//
//	{"kind":"head","format":"cap-playground","version":1,…}   once: type Head
//	{"kind":"hello",…}                                        once: type collect.Hello
//	{"seq":1,"kind":"sent",…}                                 the events, as /ws has them
//	{"kind":"marker","t":…,"text":…}                          between events: type Marker
//	# …                                                       comments, anywhere
//
// The hello holds the state of the cluster before the first event, or after the
// last one; its seq tells which. The recorder writes the first form, because the
// file must be complete at any moment, also after kill -9. GET /api/recording
// writes the second, because a playground forgets its oldest events. Votes are
// events like all others.
//
// The reader is strict and bounded, and names the line of each error. A line that
// breaks off at the end of the file is no error: Missing says so. Events of kinds
// that this version does not know are kept. static/js/source/recording.js reads
// the same files in the browser. Both readers are held to the files in
// static/js/testdata/recordings.
package recording
