//! Every command ends in time, whatever it reads or meets.
