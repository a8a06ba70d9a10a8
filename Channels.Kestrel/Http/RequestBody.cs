using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Channels.Kestrel;

/// <summary>
/// The request's body as events: one part for what has arrived, never the whole upload. Reading begins with the first
/// call, which is also when Kestrel sends <c>100 Continue</c>. One call at a time.
/// </summary>
internal sealed class RequestBody(IFeatureCollection features, ChannelsServerOptions options)
{
    private PipeReader? _reader;
    private volatile bool _reading;
    private volatile bool _givenUpForMemory;
    private Task<ReadResult>? _givenUp;
    private long _length;

    /// <summary>Whether the last part has been delivered, or nothing more can be read.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Whether nothing of the body is left that could be read: its end has been seen, or it is malformed.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whether the server's reader was touched, so that nobody else can read the body from its beginning.</summary>
    public bool HasBegun => _reader is not null;

    /// <summary>The status that the client's own fault asks for: 413 for a body that is too long, 400 for a malformed one; or 503 when there was no memory for it; 0 for none.</summary>
    public int Fault { get; private set; }

    /// <summary>Memory is short: nothing more is read, and the server answers 503. False when all has been read already.</summary>
    public bool GiveUp()
    {
        if (IsRead)
        {
            return false;
        }

        _givenUpForMemory = true;
        _reader?.CancelPendingRead();
        return true;
    }

    /// <summary>Ends a read that is under way; it yields the disconnect.</summary>
    public void Stop()
    {
        if (_reading)
        {
            _reader?.CancelPendingRead();
        }
    }

    /// <summary>Whether the request has no body; <see cref="IsRead"/> is true then.</summary>
    public bool IsAbsent()
    {
        if (_reader is not null || features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: false })
        {
            return false;
        }

        IsRead = HasEnded = true;
        return true;
    }

    /// <summary>Ends a read that its caller has given up, so that somebody else may read on. No call is under way.</summary>
    public async ValueTask LeaveAsync()
    {
        if (_givenUp is null)
        {
            return;
        }

        _reader!.CancelPendingRead(); // a read was begun with it
        await ((Task)_givenUp).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_givenUp.IsCompletedSuccessfully)
        {
            var result = await _givenUp;
            _reader.AdvanceTo(result.Buffer.Start);
        }

        _givenUp = null;
    }

    public async ValueTask<Event> ReadPartAsync(CancellationToken cancellationToken)
    {
        _reader ??= Open();
        try
        {
            while (true)
            {
                _reading = true;
                var result = await ReadAsync(_reader, cancellationToken);
                _reading = false;
                if (result.IsCanceled)
                {
                    _reader.AdvanceTo(result.Buffer.Start);
                    IsRead = true;
                    Fault = _givenUpForMemory ? StatusCodes.Status503ServiceUnavailable : Fault;
                    return HttpDisconnect.Instance;
                }

                var taken = (int)Math.Min(result.Buffer.Length, options.MaxRequestPartBytes);
                if (taken == 0 && !result.IsCompleted)
                {
                    _reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                    continue;
                }

                _length += taken;
                if (options.MaxRequestBodyBytes > 0 && _length > options.MaxRequestBodyBytes)
                {
                    _reader.AdvanceTo(result.Buffer.End);
                    (IsRead, Fault) = (true, StatusCodes.Status413PayloadTooLarge);
                    return HttpDisconnect.Instance;
                }

                var last = result.IsCompleted && taken == result.Buffer.Length;
                var part = taken == 0 ? [] : result.Buffer.Slice(0, taken).ToArray();
                _reader.AdvanceTo(result.Buffer.GetPosition(taken));
                IsRead = HasEnded = last;
                return part.Length == 0 ? HttpRequest.Empty : new HttpRequest(part, MoreBody: !last);
            }
        }
        catch (IOException error) when (error is not ConnectionResetException)
        {
            // The client's fault: the server answers for the application, which only learns that there is no more.
            IsRead = HasEnded = true;
            Fault = (error as BadHttpRequestException)?.StatusCode ?? StatusCodes.Status400BadRequest;
            return HttpDisconnect.Instance;
        }
        catch (Exception error) when (error is ConnectionResetException || error is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            IsRead = true; // the client went away
            return HttpDisconnect.Instance;
        }
    }

    // The limit is counted here: behind its answer the rest is read (RequestDrain), which Kestrel would not do past its own.
    private PipeReader Open()
    {
        RequestDrain.RaiseLimit(features, options.MaxRequestBodyBytes);
        return features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
    }

    // Kestrel's reader cannot be read again after a read was given up, so such a read goes on and the next one takes
    // its result.
    private async ValueTask<ReadResult> ReadAsync(PipeReader reader, CancellationToken cancellationToken)
    {
        if (_givenUp is null)
        {
            var reading = reader.ReadAsync(CancellationToken.None);
            if (reading.IsCompleted || !cancellationToken.CanBeCanceled)
            {
                return await reading;
            }

            _givenUp = reading.AsTask();
        }

        await ((Task)_givenUp).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_givenUp.IsCompleted)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        var taken = _givenUp;
        _givenUp = null;
        return await taken;
    }
}
