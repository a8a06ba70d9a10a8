using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.FileProviders;

namespace Channels;

/// <summary>
/// Whole responses to HTTP requests in one call, for applications written as functions, and for consumers, which give
/// their own <c>Send</c>. Each sends status, headers with the length, and body; nothing may have been sent before. Safe
/// from any thread.
/// </summary>
/// <remarks>
/// <para>Given headers are copied, so that one list may serve many responses; a <c>content-type</c> among them replaces
/// the one that the method would set.</para>
/// <para>Every method throws <see cref="ConnectionClosedException"/> when the client has gone, which need not be caught,
/// and <see cref="ArgumentException"/> when a header or an argument cannot be sent.</para>
/// </remarks>
public static class Respond
{
    /// <summary>Answers with plain text.</summary>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="text">The text, sent as UTF-8; lone surrogates are refused.</param>
    /// <param name="status">The status code. Default 200.</param>
    /// <param name="headers">Further headers; null for none.</param>
    public static Task TextAsync(Send send, string text, int status = 200, HeaderList? headers = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        return BytesAsync(send, StrictUtf8.GetBytes(text), MediaType.Text, status, headers);
    }

    /// <summary>Answers with an object as JSON.</summary>
    /// <typeparam name="T">The object's type.</typeparam>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="value">The object.</param>
    /// <param name="contract">Its JSON contract, usually from a source-generated context.</param>
    /// <param name="status">The status code. Default 200.</param>
    /// <param name="headers">Further headers; null for none.</param>
    public static Task JsonAsync<T>(Send send, T value, JsonTypeInfo<T> contract, int status = 200, HeaderList? headers = null) =>
        BytesAsync(send, JsonSerializer.SerializeToUtf8Bytes(value, contract), MediaType.Json, status, headers);

    /// <summary>Answers with what was wrong with the request, as <c>application/problem+json</c> (RFC 9457).</summary>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="problem">What was wrong; its status is the response's.</param>
    /// <param name="headers">Further headers; null for none.</param>
    public static Task ProblemAsync(Send send, HttpProblem problem, HeaderList? headers = null)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return BytesAsync(send, problem.ToJson(), MediaType.Problem, problem.Status, headers);
    }

    /// <summary>Sends the client to another address.</summary>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="location">The address, absolute or relative to the request's, percent-encoded. Never take it from a request unchecked: it may lead anywhere.</param>
    /// <param name="status">301, 302, 303, 307 or 308 (RFC 9110, section 15.4). Default 303, which the client follows with GET.</param>
    /// <param name="headers">Further headers; null for none.</param>
    /// <exception cref="ArgumentException">The address holds characters that must be percent-encoded, or the status is another one.</exception>
    public static Task RedirectAsync(Send send, string location, int status = 303, HeaderList? headers = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(location);
        if (status is not (301 or 302 or 303 or 307 or 308))
        {
            throw new ArgumentOutOfRangeException(nameof(status), status, "A redirect has status 301, 302, 303, 307 or 308.");
        }

        if (location.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"The address '{HeaderText.Escape(location)}' holds characters that must be percent-encoded.", nameof(location));
        }

        return EmptyAsync(send, status, new HeaderList { { "location", location } }.With(headers));
    }

    /// <summary>Answers without a body.</summary>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="status">The status code. Default 204, no content.</param>
    /// <param name="headers">The headers; null for none.</param>
    public static async Task EmptyAsync(Send send, int status = 204, HeaderList? headers = null)
    {
        ArgumentNullException.ThrowIfNull(send);
        await send(new HttpResponseStart(status, headers));
        await send(new HttpResponseBody());
    }

    /// <summary>Answers with bytes.</summary>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="body">The bytes; must not change afterwards.</param>
    /// <param name="contentType">What they are, for example <c>image/png</c>.</param>
    /// <param name="status">The status code. Default 200.</param>
    /// <param name="headers">Further headers; null for none.</param>
    public static async Task BytesAsync(Send send, ReadOnlyMemory<byte> body, string contentType, int status = 200, HeaderList? headers = null)
    {
        ArgumentNullException.ThrowIfNull(send);
        var fields = new HeaderList();
        if (headers?["content-type"] is null)
        {
            fields.Add("content-type", contentType);
        }

        fields.Add("content-length", body.Length.ToString(CultureInfo.InvariantCulture));
        await send(new HttpResponseStart(status, fields.With(headers)));
        await send(new HttpResponseBody(body));
    }

    /// <summary>
    /// Answers GET and HEAD with a file, or with the part of it that the client asks for; understands the conditions of
    /// RFC 9110, section 13, and single ranges (section 14): 304, 412, 206 and 416 come from here. Other methods get 405.
    /// Several ranges at once are answered with the whole file.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="send">The request's <see cref="Send"/>.</param>
    /// <param name="file">The file; one that does not exist is 404. Its length and time of change make the entity tag.</param>
    /// <param name="contentType">What it is; null, the default, to tell by its name.</param>
    /// <param name="headers">Further headers, sent with 304 too; null for none.</param>
    public static Task FileAsync(HttpScope request, Send send, IFileInfo file, string? contentType = null, HeaderList? headers = null)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(send);
        ArgumentNullException.ThrowIfNull(file);
        return new FileResponse(request, send, file, contentType ?? MediaType.OfFile(file.Name), headers).SendAsync();
    }

    /// <summary>Adds fields to a list of the server's own.</summary>
    internal static HeaderList With(this HeaderList fields, HeaderList? more)
    {
        foreach (var (name, value) in more ?? [])
        {
            fields.Add(name, value);
        }

        return fields;
    }
}
