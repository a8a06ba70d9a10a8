using System.Globalization;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.FileProviders.Physical;

namespace Channels;

/// <summary>The answer to one request for a file: whole, a part of it, or that the client's copy is still right.</summary>
internal sealed class FileResponse
{
    private const int PartBytes = 64 * 1024;

    private readonly HttpScope _request;
    private readonly Send _send;
    private readonly IFileInfo _file;
    private readonly string _contentType;
    private readonly int _status;
    private readonly HeaderList _headers;

    /// <param name="request">The request.</param>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="file">The file.</param>
    /// <param name="contentType">What it is.</param>
    /// <param name="headers">Further headers.</param>
    /// <param name="status">The status of the whole file.</param>
    public FileResponse(HttpScope request, Send send, IFileInfo file, string contentType, HeaderList? headers, int status = 200)
    {
        (_request, _send, _file, _contentType, _status) = (request, send, Followed(file), contentType, status);
        _headers = new HeaderList().With(headers);
    }

    private bool IsHead => _request.Method == "HEAD";

    public async Task SendAsync()
    {
        if (!_file.Exists || _file.IsDirectory)
        {
            await Respond.TextAsync(_send, "There is no such file.", 404);
            return;
        }

        if (_request.Method is not ("GET" or "HEAD"))
        {
            await RefuseMethodAsync();
            return;
        }

        if (_status != 200)
        {
            // Conditions and ranges are meant for the target itself, not for the page of an error (RFC 9110, section 13.2.1).
            await SendPartAsync(_status, new(0, _file.Length));
            return;
        }

        // Changes within one tick of the file system's clock that keep the length are the only ones a tag misses.
        var tag = $"\"{_file.LastModified.UtcTicks:x}-{_file.Length:x}\"";
        var changed = DateTimeOffset.FromUnixTimeSeconds(_file.LastModified.ToUnixTimeSeconds());
        _headers.Add("etag", tag);
        _headers.Add("last-modified", changed.ToString("r", CultureInfo.InvariantCulture));
        _headers.Add("accept-ranges", "bytes");
        var preconditions = new Preconditions(tag, changed);
        if (preconditions.Check(_request.Headers) is var instead and > 0)
        {
            await Respond.EmptyAsync(_send, instead, _headers);
            return;
        }

        var range = !IsHead && preconditions.AllowRange(_request.Headers) ? ByteRange.Of(_request.Headers, _file.Length) : null;
        await (range switch
        {
            null => SendPartAsync(200, new(0, _file.Length)),
            { Length: 0 } => RefuseRangeAsync(),
            { } part => SendPartAsync(206, part),
        });
    }

    // The length and time of a symbolic link are its own, and stay when what it leads to changes.
    private static IFileInfo Followed(IFileInfo file) =>
        file is { Exists: true, PhysicalPath: { } path } && File.ResolveLinkTarget(path, returnFinalTarget: true) is FileInfo target ? new PhysicalFileInfo(target) : file;

    private async Task RefuseMethodAsync()
    {
        var allow = new HeaderList { { "allow", "GET, HEAD, OPTIONS" } };
        await (_request.Method == "OPTIONS" ? Respond.EmptyAsync(_send, 204, allow) : Respond.TextAsync(_send, "Only GET and HEAD are served here.", 405, allow));
    }

    private Task RefuseRangeAsync()
    {
        var length = new HeaderList { { "content-range", $"bytes */{_file.Length}" } };
        return Respond.TextAsync(_send, "The file is shorter than that.", 416, length);
    }

    private async Task SendPartAsync(int status, ByteRange part)
    {
        // Opened before anything is sent, so that a file that cannot be read is an error response and no torn one.
        await using var content = IsHead || part.Length == 0 ? Stream.Null : await OpenAsync(part.Start);
        if (_headers["content-type"] is null)
        {
            _headers.Add("content-type", _contentType);
        }

        if (status == 206)
        {
            _headers.Add("content-range", $"bytes {part.Start}-{part.Start + part.Length - 1}/{_file.Length}");
        }

        _headers.Add("content-length", part.Length.ToString(CultureInfo.InvariantCulture));
        await _send(new HttpResponseStart(status, _headers));
        var rest = IsHead ? 0 : part.Length;
        do
        {
            // An event owns its bytes, so each part has an array of its own.
            var bytes = new byte[Math.Min(PartBytes, rest)];
            await content.ReadExactlyAsync(bytes, _request.Aborted);
            rest -= bytes.Length;
            await _send(new HttpResponseBody(bytes, MoreBody: rest > 0));
        }
        while (rest > 0);
    }

    private async Task<Stream> OpenAsync(long start)
    {
        var content = _file.CreateReadStream();
        try
        {
            if (content.CanSeek)
            {
                content.Seek(start, SeekOrigin.Begin);
                return content;
            }

            var skipped = new byte[Math.Min(PartBytes, start)];
            for (var rest = start; rest > 0; rest -= skipped.Length)
            {
                skipped = rest < skipped.Length ? new byte[rest] : skipped;
                await content.ReadExactlyAsync(skipped, _request.Aborted);
            }

            return content;
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
    }
}
