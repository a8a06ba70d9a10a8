using Channels;

namespace Thumbnails;

/// <summary>The job: make thumbnails of a picture. The bytes travel with it, so a worker needs no shared disk.</summary>
/// <param name="Picture">The picture's id; also the group of those who watch.</param>
/// <param name="Png">The file.</param>
[Message("thumbnails.generate", typeof(ThumbnailJson))]
internal sealed partial record GenerateThumbnails(string Picture, byte[] Png);
