using Channels;

namespace Thumbnails;

/// <summary>What those who watch a picture are told. Sent to browsers as it is, so every socket shares one encoding.</summary>
/// <param name="State"><c>working</c>, <c>done</c>, <c>failed</c> or <c>deleted</c>.</param>
/// <param name="Size">The thumbnail's longer side in pixels; 0 when the whole picture is meant.</param>
/// <param name="File">The thumbnail when it is done; base64 in the browser's JSON.</param>
/// <param name="ContentType">What kind of file it is: that of the picture.</param>
/// <param name="Error">What was wrong with the picture; null when nothing was.</param>
[Message("thumbnails.progress", typeof(ThumbnailJson))]
internal sealed partial record ThumbnailProgress(string State, int Size = 0, byte[]? File = null, string? ContentType = null, string? Error = null);
