using Channels;

namespace Thumbnails;

/// <summary>Takes a picture in (POST) or back (DELETE) and leaves the work to a worker.</summary>
internal sealed class PictureConsumer : HttpConsumer
{
    protected override long MaxBodyBytes => 4 * 1024 * 1024;

    // A page from elsewhere can make a visitor's browser send us a request, and is told so before its body is read.
    private bool IsFromElsewhere => Scope.Headers["sec-fetch-site"] is not (null or "same-origin" or "none")
        || (Scope.Headers["origin"] is { } origin && (!Uri.TryCreate(origin, UriKind.Absolute, out var page) || page.Authority != Scope.Headers["host"]));

    protected override ValueTask OnRequestAsync() => IsFromElsewhere
        ? SendTextAsync("Only pages of this server may send or take back pictures.", 403)
        : base.OnRequestAsync();

    protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
    {
        var picture = Route["picture"];
        try
        {
            switch (Scope.Method)
            {
                case "POST" when PictureKind.Of(body.Span) is null:
                    await SendTextAsync(PictureKind.Expected, 415); // what no worker can use must not wait for one
                    break;
                case "POST":
                    Picture.Open(body.Span).Dispose(); // the header alone, which costs nothing
                    await RequireLayer().SendAsync(ThumbnailChannels.Generate, new GenerateThumbnails(picture, body.ToArray()), Aborted);
                    await SendTextAsync("The picture waits for a worker.", 202);
                    break;
                case "DELETE":
                    await RequireLayer().SendAsync(ThumbnailChannels.Delete, new DeleteThumbnails(picture), Aborted);
                    await SendTextAsync("The thumbnails will be gone in a moment.", 202);
                    break;
            }
        }
        catch (InvalidDataException wrong)
        {
            await SendTextAsync(wrong.Message, 422);
        }
        catch (ChannelFullException)
        {
            await SendTextAsync("Too many pictures wait already; try again in a minute.", 503);
        }
    }
}
