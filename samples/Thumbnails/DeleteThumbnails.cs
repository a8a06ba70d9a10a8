using Channels;

namespace Thumbnails;

/// <summary>The job: take a picture's thumbnails back from everyone who watches.</summary>
/// <param name="Picture">The picture's id.</param>
[Message("thumbnails.delete", typeof(ThumbnailJson))]
internal sealed partial record DeleteThumbnails(string Picture);
