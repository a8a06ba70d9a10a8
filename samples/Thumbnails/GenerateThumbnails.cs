using Channels;

namespace Thumbnails;

/// <summary>The job: make thumbnails of a picture. The bytes travel with it, so a worker needs no shared disk.</summary>
/// <param name="Picture">The picture's id; also the group of those who watch.</param>
/// <param name="File">The file: JPEG, PNG or WebP.</param>
[Message("thumbnails.generate", typeof(ThumbnailJson))]
internal sealed partial record GenerateThumbnails(string Picture, byte[] File);
