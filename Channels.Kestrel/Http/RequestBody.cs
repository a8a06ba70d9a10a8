using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// The request's body as events: one part for what has arrived, never the whole upload. Reading begins with the first
/// call, which is also when Kestrel sends <c>100 Continue</c>.
/// </summary>
internal sealed class RequestBody(IFeatureCollection features, int maxPart)
{
    private PipeReader? _reader;

    /// <summary>Whether the last part has been delivered, or nothing more can be read.</summary>
    public bool IsRead { get; private set; }

    /// <summary>The status that the client's own fault asks for: 413 for a body that is too long, 400 for a malformed one; 0 for none.</summary>
    public int Fault { get; private set; }

    public ValueTask<Event> ReadAsync(CancellationToken cancellationToken)
    {
        if (_reader is null && features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false })
        {
            IsRead = true;
            return new(HttpRequest.Empty);
        }

        return ReadPartAsync(cancellationToken);
    }

    private async ValueTask<Event> ReadPartAsync(CancellationToken cancellationToken)
    {
        _reader ??= features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        try
        {
            while (true)
            {
                var result = await _reader.ReadAsync(cancellationToken);
                var taken = (int)Math.Min(result.Buffer.Length, maxPart);
                if (taken == 0 && !result.IsCompleted)
                {
                    _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                    continue;
                }

                var last = result.IsCompleted && taken == result.Buffer.Length;
                var part = taken == 0 ? [] : result.Buffer.Slice(0, taken).ToArray();
                _reader.AdvanceTo(result.Buffer.GetPosition(taken));
                IsRead = last;
                return part.Length == 0 ? HttpRequest.Empty : new HttpRequest(part, MoreBody: !last);
            }
        }
        catch (BadHttpRequestException error)
        {
            // The client's fault: the server answers for the application, which only learns that there is no more.
            IsRead = true;
            Fault = error.StatusCode;
            return HttpDisconnect.Instance;
        }
        catch (Exception error) when (error is IOException || error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            IsRead = true; // the client went away
            return HttpDisconnect.Instance;
        }
    }
}
